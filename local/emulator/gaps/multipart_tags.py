"""Tags of objects that are uploaded in parts.

ministack takes tags from PutObject alone, and forgets those that CreateMultipartUpload brings
(https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html). So every object above 5 MB, which the provider uploads in
parts, lost its tags, and each update wanted to set them.
"""

import re
from urllib.parse import parse_qsl

from ministack.services import s3

from gaps import replace

FOR_VERSION = "1.5.33"


def close() -> None:
    create = replace(s3, "_create_multipart_upload", None)
    complete = replace(s3, "_complete_multipart_upload", None)

    def with_tags(bucket, key, headers):
        answer = create(bucket, key, headers)
        upload = re.search(rb"<UploadId>([^<]+)</UploadId>", answer[2])
        if answer[0] == 200 and upload:
            s3._multipart_uploads[upload.group(1).decode()]["tags"] = dict(
                parse_qsl(headers.get("x-amz-tagging", ""), keep_blank_values=True)
            )
        return answer

    def keep_tags(bucket, key, body, query_params, *args, **kwargs):
        # A completed upload that is completed again is no longer among the uploads.
        tags = s3._multipart_uploads.get(s3._qp(query_params, "uploadId"), {}).get("tags")
        answer = complete(bucket, key, body, query_params, *args, **kwargs)
        if answer[0] == 200 and tags:
            s3._object_tags[(bucket, key, answer[1].get("x-amz-version-id"))] = tags
        return answer

    s3._create_multipart_upload = with_tags
    s3._complete_multipart_upload = keep_tags
