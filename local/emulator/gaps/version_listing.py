"""Names in listings of versions, encoded where they are asked for so.

ministack encodes names in listings of objects (`encoding-type=url`), and not in those of versions
(https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html). The provider asks for it when it empties a bucket, decodes what it gets,
and so looked for `a b` where the name is `a+b`: the bucket was never empty.
"""

import re
from xml.sax.saxutils import escape, unescape

from ministack.services import s3

from gaps import replace

FOR_VERSION = "1.5.33"

_NAMES = re.compile(r"<(Key|Prefix|KeyMarker|NextKeyMarker|Delimiter)>([^<]*)</\1>")


def close() -> None:
    list_versions = replace(s3, "_list_object_versions", None)

    def encoded(bucket, query_params):
        status, headers, body = list_versions(bucket, query_params)
        if status != 200 or s3._qp(query_params, "encoding-type", "") != "url":
            return status, headers, body
        text = body.decode("utf-8") if isinstance(body, bytes) else body
        text = _NAMES.sub(lambda match: f"<{match[1]}>{escape(s3._url_encode(unescape(match[2])))}</{match[1]}>", text)
        text = text.replace("</ListVersionsResult>", "<EncodingType>url</EncodingType></ListVersionsResult>")
        return status, headers, text.encode("utf-8")

    s3._list_object_versions = encoded
