"""Rules of security groups.

ministack forgets the prefix list of a rule, so the provider can't read it again ("failed to walk attribute path"). It takes
all sources of one permission for one rule and revokes only what equals a stored rule: revoking one of several sources does
nothing, nor does the provider's revocation of a new group's "all traffic out", which names ports that mean nothing there. A
declared rule like that one is not added, so its tags are lost. Ids are made of a rule's content, so a rule that takes the
former content of a changed one gets its id: "too many results: wanted 1, got 2".

In AWS each source is a rule with an id of its own
(https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html). Whose account a referenced group is in is left
out: the provider, which is not told its own account here, would write it before the group's id.
"""

import uuid

from ministack.services import ec2

from gaps import replace

FOR_VERSION = "1.5.33"

_SOURCES = ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs")
_EVERY_PROTOCOL = "-1"


def close() -> None:
    parse = replace(ec2, "_parse_ip_permissions", lambda params, prefix: _rules(parse(params, prefix), params, prefix))
    tell = replace(ec2, "_sg_rule_xml", lambda sg_id, rule, is_egress=False: _tell(tell(sg_id, rule, is_egress), rule))
    modify = replace(ec2._ACTION_MAP, "ModifySecurityGroupRules", lambda params: _drop_ports(modify(params), params))


def _rules(permissions, params, prefix):
    rules = []
    for index, permission in enumerate(permissions, 1):
        permission["PrefixListIds"] = _prefix_lists(params, f"{prefix}.{index}.PrefixListIds")
        rules.extend(_with_one_source(permission))
    return rules


def _prefix_lists(params, prefix):
    found = []
    while prefix_list := ec2._p(params, f"{prefix}.{len(found) + 1}.PrefixListId"):
        description = ec2._p(params, f"{prefix}.{len(found) + 1}.Description")
        found.append({"PrefixListId": prefix_list, **({"Description": description} if description else {})})
    return found


def _with_one_source(permission):
    for kind in _SOURCES:
        for source in permission[kind]:
            rule = {**permission, **{each: [] for each in _SOURCES}, kind: [source]}
            rule["SecurityGroupRuleId"] = f"sgr-{uuid.uuid4().hex[:17]}"
            yield _without_meaningless_ports(rule)


def _without_meaningless_ports(rule):
    if rule["IpProtocol"] == _EVERY_PROTOCOL:
        rule.pop("FromPort", None)
        rule.pop("ToPort", None)
    return rule


def _tell(xml: str, rule) -> str:
    for prefix_list in rule.get("PrefixListIds", []):
        xml = xml.replace("</toPort>", f"</toPort><prefixListId>{prefix_list['PrefixListId']}</prefixListId>", 1)
    return xml.replace(f"<userId>{ec2.get_account_id()}</userId>", "")


def _drop_ports(response, params):
    group = ec2._security_groups.get(ec2._p(params, "GroupId"))
    if response[0] == 200 and group:
        for rule in (*group["IpPermissions"], *group["IpPermissionsEgress"]):
            _without_meaningless_ports(rule)
    return response
