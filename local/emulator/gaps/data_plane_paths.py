"""Paths that ministack keeps for itself, on hosts that are not its own.

/health of a load balancer, an API or a distribution is answered with ministack's own health, whatever the method, and never
reaches rule, authorizer or target. Other paths that it looks at before the host are as wrong there.
"""

import ministack.app as app

from gaps import replace

FOR_VERSION = "1.5.33"


def close() -> None:
    own_paths = replace(app, "_handle_pre_body_request", None)

    async def handle(method, path, headers, query_params, request_id):
        return None if _is_traffic(headers.get("host", ""), path) else await own_paths(method, path, headers, query_params, request_id)

    app._handle_pre_body_request = handle


def _is_traffic(host, path) -> bool:
    """Whether the host is that of an HTTP API, a REST API, a distribution or a load balancer."""
    return (
        app._parse_execute_api_url(host, path) is not None
        or app._parse_cloudfront_dataplane_host(host) is not None
        or app._is_potential_alb_request(host, path)
    )
