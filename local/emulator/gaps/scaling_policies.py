"""One of several scaling policies, lifecycle hooks or scheduled actions of an Auto Scaling group.

DescribePolicies, DescribeLifecycleHooks and DescribeScheduledActions ignore the names and types they are asked for and answer
with everything of the group, so the provider, which asks for one by name, fails: "too many results: wanted 1, got 2".
"""

from ministack.services import autoscaling

from gaps import replace

FOR_VERSION = "1.5.33"

# Where ministack keeps the records, and which members of a record a list of the request may name.
_LISTS = {
    "DescribePolicies": ("_policies", {"PolicyNames": ("PolicyName", "PolicyARN"), "PolicyTypes": ("PolicyType",)}),
    "DescribeLifecycleHooks": ("_hooks", {"LifecycleHookNames": ("LifecycleHookName",)}),
    "DescribeScheduledActions": ("_scheduled_actions", {"ScheduledActionNames": ("ScheduledActionName", "ScheduledActionARN")}),
}


def close() -> None:
    for action, (store, filters) in _LISTS.items():
        _filter(action, store, filters)


def _filter(action, store, filters):
    def answer(params):
        asked = {members: autoscaling._parse_member_list(params, name) for name, members in filters.items()}
        if not any(asked.values()):
            return describe(params)
        every = getattr(autoscaling, store)
        wanted = {
            key: record
            for key, record in every.items()
            if all(not names or any(record[member] in names for member in members) for members, names in asked.items())
        }
        setattr(autoscaling, store, wanted)
        try:
            return describe(params)
        finally:
            setattr(autoscaling, store, every)

    describe = replace(autoscaling._ACTION_MAP, action, answer)
