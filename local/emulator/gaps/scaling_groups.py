"""What an Auto Scaling group is told and forgets.

ministack drops a group's mixed instances policy, instance maintenance policy, first lifecycle hooks, target groups, metrics collection,
suspended processes and a few numbers, and an update of its launch template. The provider then shows a change at every preview, and has
no answer at all to the actions that change them one by one (AttachLoadBalancerTargetGroups, EnableMetricsCollection, SuspendProcesses ...),
nor to those of warm pools (PutWarmPool, DescribeWarmPool, DeleteWarmPool). Warm pools hold no instances here. A new least size leaves the
wanted one below it, and the provider waits an hour for instances that never start.
"""

from ministack.services import autoscaling

from gaps import replace

FOR_VERSION = "1.5.33"

_NUMBERS = ("MaxInstanceLifetime", "DefaultInstanceWarmup")
# A member of the group's record, so that ministack's persistence keeps it.
_MEMBER = "Remembered"


def close() -> None:
    actions = autoscaling._ACTION_MAP
    create = replace(actions, "CreateAutoScalingGroup", lambda params: _hold(_remember(create(params), params), params))
    update = replace(actions, "UpdateAutoScalingGroup", lambda params: _remember(_update(update, params), params))
    describe = replace(actions, "DescribeAutoScalingGroups", lambda params: _tell(describe(params)))
    for action, change in {
        "AttachLoadBalancerTargetGroups": lambda group, p: _add(group, "TargetGroupARNs", p, "TargetGroupARNs"),
        "DetachLoadBalancerTargetGroups": lambda group, p: _remove(group, "TargetGroupARNs", p, "TargetGroupARNs"),
        "EnableMetricsCollection": lambda group, p: _add(group, "EnabledMetrics", p, "Metrics", _ALL_METRICS),
        "DisableMetricsCollection": lambda group, p: _remove(group, "EnabledMetrics", p, "Metrics"),
        "SuspendProcesses": lambda group, p: _add(group, "SuspendedProcesses", p, "ScalingProcesses"),
        "ResumeProcesses": lambda group, p: _remove(group, "SuspendedProcesses", p, "ScalingProcesses"),
    }.items():
        actions[action] = _action(action, change)
    actions["PutWarmPool"] = _action("PutWarmPool", _warm)
    actions["DeleteWarmPool"] = _action("DeleteWarmPool", lambda group, p: group.pop("WarmPoolConfiguration", None))
    actions["DescribeWarmPool"] = _describe_warm_pool


_ALL_METRICS = [
    *("GroupMinSize", "GroupMaxSize", "GroupDesiredCapacity", "GroupInServiceInstances", "GroupPendingInstances"),
    *("GroupStandbyInstances", "GroupTerminatingInstances", "GroupTotalInstances"),
]


def _action(name, change):
    def answer(params):
        group = autoscaling._asgs.get(autoscaling._p(params, "AutoScalingGroupName"))
        if not group:
            return autoscaling._error("ValidationError", "AutoScalingGroup name not found - null")
        change(group.setdefault(_MEMBER, {}), params)
        return autoscaling._xml(200, f"{name}Response", f"<{name}Result/>")

    return answer


def _hold(response, params):
    if response[0] == 200:
        name = autoscaling._p(params, "AutoScalingGroupName")
        for hook in autoscaling._parse_nested(params, "LifecycleHookSpecificationList") or []:
            autoscaling._hooks[f"{name}/{hook['LifecycleHookName']}"] = autoscaling._hook_record(name, hook["LifecycleHookName"], hook)
    return response


def _warm(remembered, params):
    pool = {"PoolState": "Stopped", "MinSize": 0}
    for member in ("MinSize", "MaxGroupPreparedCapacity"):
        if autoscaling._p(params, member):
            pool[member] = int(autoscaling._p(params, member))
    if autoscaling._p(params, "PoolState"):
        pool["PoolState"] = autoscaling._p(params, "PoolState")
    reuse = autoscaling._parse_nested(params, "InstanceReusePolicy")
    if reuse:
        pool["InstanceReusePolicy"] = reuse
    remembered["WarmPoolConfiguration"] = pool


def _describe_warm_pool(params):
    group = autoscaling._asgs.get(autoscaling._p(params, "AutoScalingGroupName"))
    if not group:
        return autoscaling._error("ValidationError", "AutoScalingGroup name not found - null")
    pool = group.get(_MEMBER, {}).get("WarmPoolConfiguration")
    told = f"<WarmPoolConfiguration>{autoscaling._member_xml(pool)}</WarmPoolConfiguration>" if pool else ""
    return autoscaling._xml(200, "DescribeWarmPoolResponse", f"<DescribeWarmPoolResult>{told}<Instances/></DescribeWarmPoolResult>")


def _add(remembered, member, params, argument, otherwise=()):
    values = autoscaling._parse_member_list(params, argument) or list(otherwise)
    remembered[member] = list(dict.fromkeys([*remembered.get(member, []), *values]))


def _remove(remembered, member, params, argument):
    values = autoscaling._parse_member_list(params, argument)
    # None named means all of them.
    remembered[member] = [one for one in remembered.get(member, []) if values and one not in values]


def _update(update, params):
    response = update(params)
    group = autoscaling._asgs.get(autoscaling._p(params, "AutoScalingGroupName"))
    if group:
        template = autoscaling._parse_nested(params, "LaunchTemplate")
        if template:
            group["LaunchTemplate"] = {"Version": "$Default", **group["LaunchTemplate"], **template}
        for member in ("TerminationPolicies", "AvailabilityZones"):
            group[member] = autoscaling._parse_member_list(params, member) or group[member]
        protected = autoscaling._p(params, "NewInstancesProtectedFromScaleIn")
        if protected:
            group["NewInstancesProtectedFromScaleIn"] = protected == "true"
        # New bounds move what is wanted: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_UpdateAutoScalingGroup.html
        group["DesiredCapacity"] = min(max(group["DesiredCapacity"], group["MinSize"]), group["MaxSize"])
        autoscaling._reconcile_instances(group)
    return response


def _remember(response, params):
    group = autoscaling._asgs.get(autoscaling._p(params, "AutoScalingGroupName"))
    if response[0] != 200 or not group:
        return response
    remembered = group.setdefault(_MEMBER, {})
    mixed = autoscaling._parse_nested(params, "MixedInstancesPolicy")
    if mixed:
        remembered["MixedInstancesPolicy"] = mixed
        group["LaunchTemplate"] = {}
    elif any(key.startswith("LaunchTemplate.") for key in params):
        remembered.pop("MixedInstancesPolicy", None)
    maintenance = autoscaling._parse_nested(params, "InstanceMaintenancePolicy")
    if maintenance:
        # -1 takes the policy away.
        kept = {name: int(value) for name, value in maintenance.items() if int(value) >= 0}
        remembered["InstanceMaintenancePolicy"] = kept
        if not kept:
            del remembered["InstanceMaintenancePolicy"]
    targets = autoscaling._parse_member_list(params, "TargetGroupARNs")
    if targets:
        remembered["TargetGroupARNs"] = targets
    for name in _NUMBERS:
        if autoscaling._p(params, name):
            remembered[name] = int(autoscaling._p(params, name))
    if autoscaling._p(params, "CapacityRebalance"):
        remembered["CapacityRebalance"] = autoscaling._p(params, "CapacityRebalance") == "true"
    return response


def _tell(response):
    status, headers, body = response
    text = body.decode() if isinstance(body, bytes) else body
    for name, group in autoscaling._asgs.items():
        told = autoscaling._member_xml(_shaped(group.get(_MEMBER) or {}))
        opening = f"<AutoScalingGroupName>{name}</AutoScalingGroupName><AutoScalingGroupARN>"
        text = text.replace(opening, told + opening)
    return status, headers, text.encode() if isinstance(body, bytes) else text


def _shaped(remembered):
    shaped = dict(remembered)
    if "EnabledMetrics" in shaped:
        shaped["EnabledMetrics"] = [{"Metric": metric, "Granularity": "1Minute"} for metric in shaped["EnabledMetrics"]]
    if "SuspendedProcesses" in shaped:
        shaped["SuspendedProcesses"] = [{"ProcessName": one, "SuspensionReason": "User suspended"} for one in shaped["SuspendedProcesses"]]
    return shaped
