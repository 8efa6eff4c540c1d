"""CloudFront origins that are REST APIs of this ministack.

An origin at `<id>.execute-api.<region>.amazonaws.com` is answered with 502: ministack serves load balancers and Function URLs
itself and refuses AWS's other names. A stage is asked here as a caller would ask it
(https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-develop-integrations.html); answers that stream are passed on
while they come.
"""

import asyncio
import http.client
import re
from urllib.parse import parse_qs

from ministack import app
from ministack.core.responses import StreamingResponse
from ministack.services import apigateway_v1, cloudfront

from gaps import replace

FOR_VERSION = "1.5.33"

_INVOKE_HOST = re.compile(r"^([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com$")


def close() -> None:
    fetch = replace(cloudfront, "_fetch_from_origin", None)

    async def fetch_from_origin(origin, method, uri, query_string, headers, body, viewer_is_https, client_ip, viewer_xff, dist_arn):
        found = _INVOKE_HOST.match(cloudfront._normalize_origin_host(origin["domain_name"]))
        api_id = found and found.group(1)
        if not api_id or apigateway_v1.find_api_scope(api_id) is None:
            return await fetch(
                origin, method, uri, query_string, headers, body, viewer_is_https, client_ip, viewer_xff, dist_arn
            )
        _, _, use_https = cloudfront._origin_connect_target(origin, viewer_is_https)
        if not use_https:
            raise cloudfront.OriginUnreachable(f"{origin['domain_name']} does not answer HTTP")
        sent = cloudfront._origin_request_headers(origin, headers, client_ip, viewer_xff)
        path = f"/_aws/execute-api/{api_id}{origin.get('origin_path') or ''}{uri}"
        seconds = origin.get("read_timeout", 30)
        try:
            status, answer_headers, answer = await asyncio.wait_for(
                app._handle_execute_api_request(
                    "localhost",
                    path,
                    method,
                    {name.lower(): value for name, value in sent.items()},
                    body or b"",
                    parse_qs(query_string, keep_blank_values=True),
                ),
                seconds,
            )
        except asyncio.TimeoutError as error:
            raise cloudfront.OriginTimeout(f"no response from {origin['domain_name']} within {seconds}s") from error
        if isinstance(answer, StreamingResponse):
            answer = await cloudfront._collect_streaming_body(answer, seconds)
        pairs = [
            (name, value)
            for name, values in answer_headers.items()
            for value in (values if isinstance(values, list) else [values])
        ]
        return status, http.client.responses.get(status, ""), cloudfront._multidict_from_pairs(pairs), answer

    cloudfront._fetch_from_origin = fetch_from_origin
