"""Private integrations of REST APIs: requests through a VPC link to the load balancer that `integrationTarget` names.

ministack calls the integration's URI from this machine, where a load balancer's name leads nowhere. Here the request goes through
the listener rules of that load balancer, on the URI's port, as on AWS
(https://docs.aws.amazon.com/apigateway/latest/developerguide/private-integration.html): the stage's name is in front of its path
unless the request template sets `$context.requestOverride.path`, mapped headers replace the caller's, and the answer comes whole
within the time-out, or with `responseTransferMode` STREAM as the target sends it. Of a template only that override and
`$input.body` are known, of mappings only headers.
"""

import asyncio
import contextvars
import re
import urllib.parse

from ministack.core.responses import StreamingResponse, get_request_client_ip
from ministack.services import alb, apigateway_v1

from gaps import replace
from gaps.vpc_links import collected

FOR_VERSION = "1.5.33"

_DEFAULT_TIMEOUT_MS = 29_000
_HEADER = "integration.request.header."
_OVERRIDE = re.compile(r'#set\(\s*\$context\.requestOverride\.path\s*=\s*"([^"$]*)"\s*\)')

# Name of the stage whose request is being answered: the integration is not told.
_stage: contextvars.ContextVar[str] = contextvars.ContextVar("stage")


def close() -> None:
    execute = replace(apigateway_v1, "_execute_in_scope", None)

    async def execute_in_scope(request, api_id, stage_name, *rest):
        token = _stage.set(stage_name)
        try:
            return await execute(request, api_id, stage_name, *rest)
        finally:
            _stage.reset(token)

    apigateway_v1._execute_in_scope = execute_in_scope
    proxy = replace(apigateway_v1, "_invoke_http_proxy_v1", None)

    async def invoke(integration, path, method, headers, body, query_params, path_params=None):
        if integration.get("connectionType") != "VPC_LINK" or not integration.get("integrationTarget"):
            return await proxy(integration, path, method, headers, body, query_params, path_params)
        return await _ask(integration, path, method, headers, body, query_params)

    apigateway_v1._invoke_http_proxy_v1 = invoke


async def _ask(integration, path, method, headers, body, query_params):
    balancer = alb._lbs.get(integration["integrationTarget"])
    uri = urllib.parse.urlsplit(integration.get("uri", ""))
    port = uri.port or (443 if uri.scheme == "https" else 80)
    listeners = alb._listeners.values()
    if not balancer or not any(
        (one["LoadBalancerArn"], one.get("Port")) == (integration["integrationTarget"], port) for one in listeners
    ):
        return apigateway_v1._gw_error("API_CONFIGURATION_ERROR", "Internal server error")
    template = _template_for(integration, headers)
    override = _OVERRIDE.search(template) if template is not None else None
    forwarded = override.group(1) if override else f"/{_stage.get()}{path}"
    sent = _mapped(integration, headers, uri.hostname or "")
    if template is not None and "$input.body" not in template:
        body = b""
        sent.pop("content-length", None)
    asked = alb.dispatch_request(balancer, integration.get("httpMethod") or method, forwarded, sent, body, query_params, port)
    if integration.get("responseTransferMode") == "STREAM":
        return await asked
    try:
        seconds = float(integration.get("timeoutInMillis") or _DEFAULT_TIMEOUT_MS) / 1000
        return await asyncio.wait_for(_whole(asked), seconds)
    except asyncio.TimeoutError:
        return apigateway_v1._gw_error("INTEGRATION_TIMEOUT", "Endpoint request timed out")


async def _whole(asked):
    status, headers, answer = await asked
    if isinstance(answer, StreamingResponse):
        return await collected(status, headers, answer)
    return status, headers, answer


def _template_for(integration, headers):
    """The template for the request's type; None where there is none, and the request passes as it is."""
    kind = (apigateway_v1._header_ci(headers, "content-type") or "application/json").split(";", 1)[0].strip().lower()
    return (integration.get("requestTemplates") or {}).get(kind)


def _mapped(integration, headers, host):
    sent = {name.lower(): value for name, value in headers.items()}
    sent["host"] = host
    for name, source in (integration.get("requestParameters") or {}).items():
        if not name.startswith(_HEADER):
            continue
        if source.startswith("'"):
            value = source[1:-1]
        elif source == "context.identity.sourceIp":
            value = get_request_client_ip()
        else:
            value = apigateway_v1._header_ci(headers, source.removeprefix("method.request.header."))
        if value:
            sent[name[len(_HEADER) :].lower()] = value
    return sent
