"""Changes of REST APIs, methods, usage plans and keys (PATCH).

A patch's value is a text whatever the member's type, its path is a JSON pointer (`~1` stands for a slash), and a list's
members are added and removed by value (https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html). ministack
stores the text, the escaped name, and a text or an object in place of the list. The provider then can't read the answer
("expected NullableBoolean to be of type *bool, got string instead"), or shows the change again at every preview.
"""

from ministack.services import apigateway_v1

from gaps import replace

FOR_VERSION = "1.5.33"

_BOOLEANS = {"true": True, "false": False}
_BOOLEAN_MEMBERS = {"apiKeyRequired", "disableExecuteApiEndpoint", "enabled"}
# Of a method and of its responses: whether a parameter is required. Integrations map parameters to texts other than these two.
_PARAMETERS = {"requestParameters", "responseParameters"}
_NUMBERS = {
    "authorizerResultTtlInSeconds": int,
    "minimumCompressionSize": int,
    "quota/limit": int,
    "quota/offset": int,
    "throttle/burstLimit": int,
    "throttle/rateLimit": float,
    "timeoutInMillis": int,
}
_LISTS = {"authorizationScopes", "binaryMediaTypes", "cacheKeyParameters", "providerARNs"}


def close() -> None:
    replace(apigateway_v1, "_apply_patch", _apply)


def _apply(target, operations):
    for operation in operations:
        names = [name.replace("~1", "/").replace("~0", "~") for name in operation["path"].strip("/").split("/")]
        op, value = operation["op"], operation.get("value")
        if names[0] == "apiStages":
            _change_stages(target, names[1:], op, value)
        elif names[0] in _LISTS:
            _change_list(target, names[0], op, names[1] if len(names) > 1 else value)
        elif names[0] == "endpointConfiguration":
            _change_endpoint(target["endpointConfiguration"], names[1:], op, value)
        else:
            _set(target, names, op, _typed(names, value))
    return target


def _typed(names, value):
    path = "/".join(names)
    if path in _NUMBERS:
        return _NUMBERS[path](value) if value else None
    if path in _BOOLEAN_MEMBERS or names[0] in _PARAMETERS:
        return _BOOLEANS.get(value, value)
    return value


def _set(target, names, op, value) -> None:
    *parents, last = names
    for name in parents:
        if not isinstance(target.get(name), dict):
            target[name] = {}
        target = target[name]
    if op == "remove":
        target.pop(last, None)
    else:
        target[last] = value


def _change_list(target, name, op, member) -> None:
    members = [one for one in target.get(name) or [] if one != member]
    target[name] = members if op == "remove" else [*members, member]


def _change_endpoint(configuration, names, op, value) -> None:
    """`/types/<index or type>` replaces a type; `/vpcEndpointIds` adds or removes an endpoint; the rest are plain members."""
    if names[0] == "types":
        configuration["types"] = [value]
    elif names[0] == "vpcEndpointIds":
        _change_list(configuration, "vpcEndpointIds", op, value)
    else:
        _set(configuration, names, op, value)


def _change_stages(plan, names, op, value) -> None:
    """`/apiStages` adds or removes the stage `<api>:<name>`; `/apiStages/<api>:<name>/throttle/<path>/<method>/rateLimit` limits a method."""
    api_id, _, name = (names[0] if names else value).partition(":")
    stages = plan["apiStages"]
    stage = next((one for one in stages if (one["apiId"], one["stage"]) == (api_id, name)), None)
    if len(names) > 3:
        limit = names[-1]
        _set(stage, ["throttle", "/".join(names[2:-1]), limit], op, _typed(["throttle", limit], value))
    elif op == "remove":
        plan["apiStages"] = [one for one in stages if one is not stage]
    elif not stage:
        stages.append({"apiId": api_id, "stage": name})
