"""Changes of a method's responses (PATCH .../methods/{method}/responses/{status}).

ministack has no such path: a change of the headers or models a response declares fails with "Unknown API Gateway v1 path"
(404).
"""

import json

from ministack.services import apigateway_v1

from gaps import replace

FOR_VERSION = "1.5.33"


def close() -> None:
    control_plane = replace(apigateway_v1, "handle_request", None)

    async def handle_request(method, path, headers, body, query_params):
        place = _method_response(path) if method == "PATCH" else None
        if not place:
            return await control_plane(method, path, headers, body, query_params)
        found = apigateway_v1._get_method_response(*place)
        if found[0] >= 300:
            return found
        api_id, resource_id, http_method, status = place
        response = apigateway_v1._resources[api_id][resource_id]["resourceMethods"][http_method]["methodResponses"][status]
        apigateway_v1._apply_patch(response, json.loads(body)["patchOperations"])
        return apigateway_v1._v1_response(response)

    apigateway_v1.handle_request = handle_request


def _method_response(path):
    parts = path.strip("/").split("/")
    if len(parts) == 8 and (parts[0], parts[2], parts[4], parts[6]) == ("restapis", "resources", "methods", "responses"):
        return parts[1], parts[3], parts[5], parts[7]
    return None
