"""Blocks that were never given, told as if they had been given empty.

A stage's access log settings, a usage plan's throttle and quota, the custom and removed headers of a response headers
policy, the token settings of an authorizer that calls a function, and the HTTP method of a mock integration: ministack answers with an empty block (POST for the method) where AWS
leaves it out. The provider takes each for a difference and shows a change, a replacement for the integration, at every preview.
"""

from ministack.services import apigateway, apigateway_v1, cloudfront

from gaps import replace

FOR_VERSION = "1.5.33"

_REST_BLOCKS = ("accessLogSettings", "throttle", "quota")
_HTTP_BLOCKS = ("jwtConfiguration",)
_HEADER_BLOCKS = ("CustomHeadersConfig", "RemoveHeadersConfig")


def close() -> None:
    respond = replace(apigateway_v1, "_v1_response", lambda data, *args, **kwargs: respond(_without_empty(data, _REST_BLOCKS), *args, **kwargs))
    respond_v2 = replace(
        apigateway, "_apigw_response", lambda data, *args, **kwargs: respond_v2(_without_empty(data, _HTTP_BLOCKS), *args, **kwargs)
    )
    put = replace(
        apigateway_v1,
        "_put_integration",
        lambda api_id, resource_id, http_method, data: _without_method(
            put(api_id, resource_id, http_method, data), api_id, resource_id, http_method, data
        ),
    )
    build = replace(cloudfront, "_build_rhp_config_xml", lambda parent, config: _without_blocks(build(parent, config), parent))


def _without_empty(data, blocks):
    if not isinstance(data, dict):
        return data
    return {key: value for key, value in data.items() if key not in blocks or value}


def _without_method(response, api_id, resource_id, http_method, data):
    if response[0] >= 300 or data.get("httpMethod"):
        return response
    integration = apigateway_v1._resources[api_id][resource_id]["resourceMethods"][http_method]["methodIntegration"]
    integration.pop("httpMethod", None)
    return apigateway_v1._v1_response(integration, response[0])


def _without_blocks(built, parent):
    for name in _HEADER_BLOCKS:
        block = parent.find(name)
        if block is not None and block.find("Items") is None:
            parent.remove(block)
    return built
