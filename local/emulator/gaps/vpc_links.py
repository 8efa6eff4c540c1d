"""VPC links, and the private integrations that go through them.

The v2 API answers 404 to /v2/vpclinks, and neither API Gateway keeps an integration's `connectionId`, so a private
integration of an HTTP API shows a change at every preview. On the data plane such an integration's URI, a listener's ARN,
leads nowhere; here it goes through the load balancer's own listener rules, as on AWS. Parameter mappings there know the
caller's address, `$context.identity.sourceIp`, which ministack leaves out. private_rest_apis.py has the data plane of REST APIs.
"""

import asyncio
import copy
import json
import urllib.parse
from datetime import datetime, timezone

from ministack.core.responses import AccountRegionScopedDict, StreamingResponse, get_region, get_request_client_ip, new_uuid
from ministack.services import alb, apigateway, apigateway_v1

from gaps import replace

FOR_VERSION = "1.5.33"

_links = AccountRegionScopedDict()

# Members that ministack drops from an integration (CreateIntegration of API Gateway v2, PutIntegration of v1).
_V2_MEMBERS = ("connectionId", "credentialsArn", "integrationSubtype", "passthroughBehavior", "templateSelectionExpression", "tlsConfig")
_V1_MEMBERS = ("connectionId", "integrationTarget", "responseTransferMode", "tlsConfig")


def close() -> None:
    control_plane = replace(apigateway, "handle_request", None)

    async def handle_request(method, path, headers, body, query_params):
        parts = [part for part in path.strip("/").split("/") if part]
        if parts[:2] == ["v2", "vpclinks"]:
            return _handle_links(method, parts[2:], json.loads(body) if body else {})
        if parts[:2] == ["v2", "tags"]:
            link = _link_of_arn(urllib.parse.unquote("/".join(parts[2:])))
            if link:
                return _handle_tags(method, link, json.loads(body) if body else {}, query_params)
        return await control_plane(method, path, headers, body, query_params)

    apigateway.handle_request = handle_request
    _keep_state()
    _keep_members()
    _carry_traffic()


def _handle_links(method, rest, data):
    if not rest:
        if method == "POST":
            return _create(data)
        return apigateway._apigw_response({"items": list(_links.values())})
    link = _links.get(rest[0])
    if not link:
        return apigateway._apigw_error("NotFoundException", f"Unable to find VPC link with ID {rest[0]}", 404)
    if method == "PATCH":
        link.update({key: data[key] for key in ("name",) if key in data})
    if method == "DELETE":
        _links.pop(rest[0])
        return 202, {"Content-Type": "application/json"}, b"{}"
    return apigateway._apigw_response(link)


def _create(data):
    if not data.get("name") or not data.get("subnetIds"):
        return apigateway._apigw_error("BadRequestException", "A VPC link needs a name and subnetIds", 400)
    link = {
        "vpcLinkId": new_uuid()[:8],
        "name": data["name"],
        "subnetIds": data["subnetIds"],
        "securityGroupIds": data.get("securityGroupIds") or [],
        "tags": data.get("tags") or {},
        "vpcLinkStatus": "AVAILABLE",
        "vpcLinkStatusMessage": "VPC link is ready to route traffic",
        "vpcLinkVersion": "V2",
        "createdDate": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    _links[link["vpcLinkId"]] = link
    return apigateway._apigw_response(link, 201)


def _link_of_arn(arn):
    prefix = f"arn:aws:apigateway:{get_region()}::/vpclinks/"
    return _links.get(arn[len(prefix) :]) if arn.startswith(prefix) else None


def _handle_tags(method, link, data, query_params):
    if method == "POST":
        link["tags"].update(data.get("tags") or {})
        return 201, {}, b""
    if method == "DELETE":
        keys = query_params.get("tagKeys", [])
        for key in [keys] if isinstance(keys, str) else keys:
            link["tags"].pop(key, None)
        return 204, {}, b""
    return apigateway._apigw_response({"tags": link["tags"]})


def _keep_state() -> None:
    get_state = replace(apigateway, "get_state", lambda: {**get_state(), "vpc_links": copy.deepcopy(_links)})
    load = replace(apigateway, "load_persisted_state", lambda data: (_links.update(data.get("vpc_links") or {}), load(data))[1])
    reset = replace(apigateway, "reset", lambda: (_links.clear(), reset())[1])


def _keep_members() -> None:
    create = replace(apigateway, "_create_integration", lambda api_id, data: _with_members(create(api_id, data), api_id, data))
    update = replace(
        apigateway,
        "_update_integration",
        lambda api_id, int_id, data: _with_members(update(api_id, int_id, data), api_id, data),
    )
    put = replace(
        apigateway_v1,
        "_put_integration",
        lambda api_id, resource_id, http_method, data: _with_v1_members(
            put(api_id, resource_id, http_method, data), api_id, resource_id, http_method, data
        ),
    )


def _with_members(response, api_id, data):
    status, _, body = response
    if status >= 300:
        return response
    integration = apigateway._integrations[api_id][json.loads(body)["integrationId"]]
    integration.update({name: data[name] for name in _V2_MEMBERS if data.get(name)})
    return apigateway._apigw_response(integration, status)


def _with_v1_members(response, api_id, resource_id, http_method, data):
    if response[0] >= 300:
        return response
    integration = apigateway_v1._resources[api_id][resource_id]["resourceMethods"][http_method]["methodIntegration"]
    integration.update({name: data[name] for name in _V1_MEMBERS if data.get(name)})
    return apigateway_v1._v1_response(integration, response[0])


def _carry_traffic() -> None:
    proxy = replace(apigateway, "_invoke_http_proxy", None)

    async def invoke(integration, path, method, headers, body, query_params):
        listener = alb._listeners.get(integration.get("integrationUri", ""))
        if integration.get("connectionType") != "VPC_LINK" or not listener:
            return await proxy(integration, path, method, headers, body, query_params)
        return await _through(listener, path, method, headers, body, query_params)

    apigateway._invoke_http_proxy = invoke
    mapped = replace(
        apigateway,
        "_apply_request_parameter_mappings",
        lambda integration, *, context_vars, **request: mapped(
            integration, context_vars={**context_vars, "identity.sourceIp": get_request_client_ip()}, **request
        ),
    )


async def _through(listener, path, method, headers, body, query_params):
    """Ask the listener's load balancer and return its whole answer: API Gateway does not stream what goes through a link."""
    balancer = alb._lbs[listener["LoadBalancerArn"]]
    lower = {name.lower(): value for name, value in headers.items()}
    status, answer_headers, answer = await alb.dispatch_request(
        balancer, method, path, lower, body, query_params, listener.get("Port", 80)
    )
    if isinstance(answer, StreamingResponse):
        return await collected(status, answer_headers, answer)
    return status, answer_headers, answer


async def collected(status, headers, streaming):
    """An answer that came in parts, whole."""
    kept = {name: value for name, value in headers.items() if name.lower() not in ("transfer-encoding", "content-length")}
    return status, kept, await _collect(streaming)


async def _collect(streaming) -> bytes:
    chunks = []

    async def send(message):
        chunks.append(message.get("body", b""))

    async def receive():
        # The client of a collected answer is this function, which does not leave.
        await asyncio.Event().wait()

    await streaming.runner(send, receive)
    return b"".join(chunks)
