"""Where a web ACL of WAF v2 sends its log.

ministack has no PutLoggingConfiguration, GetLoggingConfiguration, DeleteLoggingConfiguration or ListLoggingConfigurations:
"Unknown WAF action". Here they are kept with the ACL's other associations, one for each ACL as on AWS
(https://docs.aws.amazon.com/waf/latest/APIReference/API_PutLoggingConfiguration.html). Nothing is written to the log.
"""

import copy
import json

from ministack.core.responses import AccountRegionScopedDict, json_response
from ministack.services import waf

from gaps import replace

FOR_VERSION = "1.5.33"

_configurations = AccountRegionScopedDict()  # ARN of the ACL -> configuration


def close() -> None:
    control_plane = replace(waf, "handle_request", None)
    actions = {
        "PutLoggingConfiguration": _put,
        "GetLoggingConfiguration": _get,
        "DeleteLoggingConfiguration": _delete,
        "ListLoggingConfigurations": _list,
    }

    async def handle_request(method, path, headers, body, query_params):
        action = actions.get(headers.get("x-amz-target", "").rpartition(".")[2])
        if not action:
            return await control_plane(method, path, headers, body, query_params)
        return action(json.loads(body) if body else {})

    waf.handle_request = handle_request
    delete_acl = replace(waf, "delete_web_acl_record", lambda uid, scope: _with_configuration(delete_acl, uid, scope))
    _keep_state()


def _with_configuration(delete_acl, uid, scope):
    acl = waf.web_acl_record(uid, scope)
    if acl:
        _configurations.pop(acl["ARN"], None)
    return delete_acl(uid, scope)


def _put(data):
    configuration = data.get("LoggingConfiguration") or {}
    arn = configuration.get("ResourceArn", "")
    _, error = waf._resolve_local_web_acl(arn)
    if error:
        return error
    destinations = configuration.get("LogDestinationConfigs") or []
    # A log group, bucket or delivery stream: WAF takes names of this prefix only.
    if len(destinations) != 1 or "aws-waf-logs-" not in destinations[0]:
        return waf._waf_err(
            "WAFInvalidParameterException", "A log destination is one ARN, of a name that starts with aws-waf-logs-"
        )
    _configurations[arn] = {"LogType": "WAF_LOGS", "LogScope": "CUSTOMER", "ManagedByFirewallManager": False, **configuration}
    return json_response({"LoggingConfiguration": _configurations[arn]})


def _get(data):
    configuration = _configurations.get(data.get("ResourceArn", ""))
    if not configuration:
        return waf._waf_err("WAFNonexistentItemException", "The web ACL has no logging configuration")
    return json_response({"LoggingConfiguration": configuration})


def _delete(data):
    if not _configurations.pop(data.get("ResourceArn", ""), None):
        return waf._waf_err("WAFNonexistentItemException", "The web ACL has no logging configuration")
    return json_response({})


def _list(data):
    return json_response({"LoggingConfigurations": list(_configurations.values())})


def _keep_state() -> None:
    get_state = replace(waf, "get_state", lambda: {**get_state(), "logging_configurations": copy.deepcopy(_configurations)})
    load = replace(
        waf,
        "load_persisted_state",
        lambda data: (_configurations.update((data or {}).get("logging_configurations") or {}), load(data))[1],
    )
    reset = replace(waf, "reset", lambda: (_configurations.clear(), reset())[1])
