"""CPU credits of instances of the T families (t2, t3, t3a, t4g).

ministack has no credit specification: it ignores the one an instance is launched with or changed to, and
DescribeInstanceCreditSpecifications answers `standard` for every id, also of instances that it does not have. The provider
then reports a change at every preview ("collecting instance settings: empty result" when it asks without an id).
AWS: t2 defaults to standard, the others to unlimited
(https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances-unlimited-mode-concepts.html).
"""

import re

from ministack.services import ec2

from gaps import replace

FOR_VERSION = "1.5.33"

_BURSTABLE = re.compile(r"^t[2-9][a-z]*\.")
# A member of the instance's record, so that ministack's persistence keeps it.
_MEMBER = "CpuCredits"


def close() -> None:
    run = replace(ec2._ACTION_MAP, "RunInstances", lambda params: _remember(run(params), params))
    replace(ec2._ACTION_MAP, "DescribeInstanceCreditSpecifications", _describe)
    ec2._ACTION_MAP["ModifyInstanceCreditSpecification"] = _modify


def _remember(response, params):
    status, _, body = response
    credits = ec2._p(params, "CreditSpecification.CpuCredits")
    if status == 200 and credits:
        text = body.decode() if isinstance(body, bytes) else body
        for instance_id in set(re.findall(r"<instanceId>(i-[0-9a-f]+)</instanceId>", text)):
            ec2._instances[instance_id][_MEMBER] = credits
    return response


def _credits(instance) -> str:
    return instance.get(_MEMBER) or ("standard" if instance["InstanceType"].startswith("t2.") else "unlimited")


def _describe(params):
    asked = ec2._parse_member_list(params, "InstanceId")
    missing = next((one for one in asked if one not in ec2._instances), None)
    if missing:
        return ec2._error("InvalidInstanceID.NotFound", f"The instance ID '{missing}' does not exist", 400)
    items = "".join(
        f"<item><instanceId>{instance_id}</instanceId><cpuCredits>{_credits(instance)}</cpuCredits></item>"
        for instance_id, instance in ec2._instances.items()
        if (not asked or instance_id in asked) and _BURSTABLE.match(instance["InstanceType"])
    )
    return ec2._xml(
        200,
        "DescribeInstanceCreditSpecificationsResponse",
        f"<instanceCreditSpecificationSet>{items}</instanceCreditSpecificationSet>",
    )


def _modify(params):
    changed = []
    index = 1
    while instance_id := ec2._p(params, f"InstanceCreditSpecification.{index}.InstanceId"):
        if instance_id not in ec2._instances:
            return ec2._error("InvalidInstanceID.NotFound", f"The instance ID '{instance_id}' does not exist", 400)
        ec2._instances[instance_id][_MEMBER] = ec2._p(params, f"InstanceCreditSpecification.{index}.CpuCredits")
        changed.append(instance_id)
        index += 1
    items = "".join(f"<item><instanceId>{one}</instanceId></item>" for one in changed)
    return ec2._xml(
        200,
        "ModifyInstanceCreditSpecificationResponse",
        f"<successfulInstanceCreditSpecificationSet>{items}</successfulInstanceCreditSpecificationSet>"
        "<unsuccessfulInstanceCreditSpecificationSet/>",
    )
