"""What flow logs, VPC endpoints and key pairs are told and forget.

ministack drops a flow log's role, aggregation interval and tags, an interface endpoint's security groups and private DNS,
an endpoint's policy, and a key pair's tags. The provider shows a change of them, a replacement for a flow log, at every preview.
"""

import re
from html import escape

from ministack.services import ec2

from gaps import replace

FOR_VERSION = "1.5.33"


def close() -> None:
    actions = ec2._ACTION_MAP
    create_log = replace(actions, "CreateFlowLogs", lambda params: _remember_log(create_log(params), params))
    describe_logs = replace(actions, "DescribeFlowLogs", lambda params: _tell_logs(describe_logs(params)))
    create_endpoint = replace(actions, "CreateVpcEndpoint", lambda params: _remember_endpoint(create_endpoint(params), params))
    modify_endpoint = replace(actions, "ModifyVpcEndpoint", lambda params: _change_endpoint(modify_endpoint(params), params))
    fields = replace(ec2, "_vpce_fields_xml", lambda endpoint, tag="item": _tell_endpoint(fields(endpoint, tag), endpoint, tag))
    import_key = replace(actions, "ImportKeyPair", lambda params: _remember_key(import_key(params), params))
    describe_keys = replace(actions, "DescribeKeyPairs", lambda params: _tell_keys(describe_keys(params)))


def _text(response) -> str:
    body = response[2]
    return body.decode() if isinstance(body, bytes) else body


def _with_text(response, text: str):
    status, headers, body = response
    return status, headers, text.encode() if isinstance(body, bytes) else text


def _remember_log(response, params):
    for log_id in re.findall(r"<item>(fl-[0-9a-fA-F]+)</item>", _text(response)):
        # ministack looks for tags of type "flow-log"; AWS's type is this one.
        ec2._parse_tag_specs(params, "vpc-flow-log", log_id)
        ec2._flow_logs[log_id].update(
            DeliverLogsPermissionArn=ec2._p(params, "DeliverLogsPermissionArn"),
            MaxAggregationInterval=ec2._p(params, "MaxAggregationInterval") or "600",
            LogFormat=ec2._p(params, "LogFormat"),
        )
    return response


def _tell_logs(response):
    text = _text(response)
    for log_id, log in ec2._flow_logs.items():
        opening = f"<flowLogId>{log_id}</flowLogId>"
        told = f"<maxAggregationInterval>{log.get('MaxAggregationInterval', '600')}</maxAggregationInterval>"
        for member, element in (("DeliverLogsPermissionArn", "deliverLogsPermissionArn"), ("LogFormat", "logFormat")):
            if log.get(member):
                told += f"<{element}>{escape(log[member])}</{element}>"
        text = text.replace(opening, opening + told)
    return _with_text(response, text)


def _remember_endpoint(response, params):
    found = re.search(r"<vpcEndpointId>(vpce-[0-9a-fA-F]+)</vpcEndpointId>", _text(response))
    if not found:
        return response
    endpoint = ec2._vpc_endpoints[found.group(1)]
    endpoint["Groups"] = ec2._parse_member_list(params, "SecurityGroupId")
    endpoint["PrivateDnsEnabled"] = ec2._p(params, "PrivateDnsEnabled") or "false"
    endpoint["PolicyDocument"] = ec2._p(params, "PolicyDocument")
    return ec2._xml(200, "CreateVpcEndpointResponse", ec2._vpce_fields_xml(endpoint, tag="vpcEndpoint"))


def _change_endpoint(response, params):
    endpoint = ec2._vpc_endpoints.get(ec2._p(params, "VpcEndpointId"))
    if response[0] == 200 and endpoint:
        removed = ec2._parse_member_list(params, "RemoveSecurityGroupId")
        kept = [group for group in endpoint.get("Groups", []) if group not in removed]
        endpoint["Groups"] = list(dict.fromkeys([*kept, *ec2._parse_member_list(params, "AddSecurityGroupId")]))
        endpoint["PrivateDnsEnabled"] = ec2._p(params, "PrivateDnsEnabled") or endpoint.get("PrivateDnsEnabled", "false")
    return response


def _tell_endpoint(xml: str, endpoint, tag: str) -> str:
    groups = "".join(f"<item><groupId>{group}</groupId></item>" for group in endpoint.get("Groups", []))
    told = f"<groupSet>{groups}</groupSet><privateDnsEnabled>{endpoint.get('PrivateDnsEnabled', 'false')}</privateDnsEnabled>"
    if endpoint.get("PolicyDocument"):
        told += f"<policyDocument>{escape(endpoint['PolicyDocument'])}</policyDocument>"
    return xml.replace(f"<{tag}>", f"<{tag}>{told}", 1)


def _remember_key(response, params):
    key = ec2._key_pairs.get(ec2._p(params, "KeyName"))
    if response[0] == 200 and key:
        ec2._parse_tag_specs(params, "key-pair", key["KeyPairId"])
    return response


def _tell_keys(response):
    text = _text(response)
    for key in ec2._key_pairs.values():
        opening = f"<keyPairId>{key['KeyPairId']}</keyPairId>"
        text = text.replace(opening, opening + ec2._tag_set_xml(key["KeyPairId"]))
    return _with_text(response, text)
