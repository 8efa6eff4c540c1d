"""Which requests to a bucket are counted in CloudWatch.

ministack has no metrics configurations: a GET with `?metrics` lists the bucket, a PUT makes it anew, and a DELETE deletes the whole
bucket. Here they are kept as they came, by bucket and id
(https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketMetricsConfiguration.html). Nothing is counted.
"""

from ministack.core.responses import AccountScopedDict
from ministack.services import s3

from gaps import replace

FOR_VERSION = "1.5.33"

_configurations = AccountScopedDict()  # (bucket, id) -> XML


def close() -> None:
    data_plane = replace(s3, "handle_request", None)

    async def handle_request(method, path, headers, body, query_params, *args, **kwargs):
        bucket, key = s3._parse_bucket_key(path, headers)
        if bucket and not key and "metrics" in query_params:
            return _answer(method, bucket, s3._qp(query_params, "id"), body)
        return await data_plane(method, path, headers, body, query_params, *args, **kwargs)

    s3.handle_request = handle_request
    delete_bucket = replace(s3, "_delete_bucket", lambda name, *args: _without_configurations(name, delete_bucket(name, *args)))
    _keep_state()


def _answer(method, bucket, identifier, body):
    if bucket not in s3._buckets:
        return s3._no_such_bucket(bucket)
    if method == "PUT":
        _configurations[(bucket, identifier)] = body.decode("utf-8")
        return 200, {}, b""
    found = _configurations.get((bucket, identifier))
    if found is None:
        return s3._error("NoSuchConfiguration", "The specified configuration does not exist.", 404, f"/{bucket}")
    if method == "DELETE":
        _configurations.pop((bucket, identifier))
        return 204, {}, b""
    return 200, {"Content-Type": "application/xml"}, found.encode("utf-8")


def _without_configurations(name, answer):
    if answer[0] == 204:
        for key in [key for key in _configurations if key[0] == name]:
            del _configurations[key]
    return answer


def _keep_state() -> None:
    s3._PERSISTED_BUCKET_DICTS["bucket_metrics"] = _configurations
    reset = replace(s3, "reset", lambda: (_configurations.clear(), reset())[1])
