"""Two scaling policies on one Auto Scaling group.

DescribePolicies ignores PolicyNames and PolicyTypes and answers with every policy of the group, so the provider, which
asks for one by name, fails: "too many results: wanted 1, got 2".
"""

from ministack.services import autoscaling

from gaps import replace

FOR_VERSION = "1.5.33"


def close() -> None:
    describe = replace(autoscaling._ACTION_MAP, "DescribePolicies", lambda params: _describe(describe, params))


def _describe(describe, params):
    names = autoscaling._parse_member_list(params, "PolicyNames")
    types = autoscaling._parse_member_list(params, "PolicyTypes")
    if not names and not types:
        return describe(params)
    every = autoscaling._policies
    wanted = {
        key: policy
        for key, policy in every.items()
        if (not names or policy["PolicyName"] in names or policy["PolicyARN"] in names)
        and (not types or policy["PolicyType"] in types)
    }
    autoscaling._policies = wanted
    try:
        return describe(params)
    finally:
        autoscaling._policies = every
