"""What ministack lacks or gets wrong and the systems of this repository need, one file per gap.

Each file says which version of ministack it is for (`FOR_VERSION`), what goes wrong without it, and has `close()`.
tests/engine/local/ shows for each that the real provider, or a real request, now succeeds.
"""

import importlib
import sys
from importlib.metadata import version

NAMES = [
    "scaling_policies",
    "scaling_groups",
    "t_family_instances",
    "network_records",
    "percentile_alarms",
    "vpc_links",
    "efs_mounts",
    "async_invocations",
    "node_workers",
    "api_keys",
    "rest_api_iam",
    "checkpoints",
]


def _modules():
    return [importlib.import_module(f"gaps.{name}") for name in NAMES]


def refuse_other_versions() -> None:
    installed = version("ministack")
    stale = [f"local/emulator/gaps/{module.__name__.split('.')[-1]}.py is for {module.FOR_VERSION}" for module in _modules() if module.FOR_VERSION != installed]
    if stale:
        sys.exit(
            f"ministack {installed} is installed, but " + "; ".join(stale) + ".\n"
            "For each: see whether the new version still has the gap. Remove the file if not; if so, make its test pass and set FOR_VERSION."
        )


def close_all() -> None:
    for module in _modules():
        module.close()


def replace(owner, name: str, new):
    """Put `new` in place of `owner.name` (an attribute, or a key of a dict) and return the old one; fail when there is none."""
    if isinstance(owner, dict):
        old = owner[name]
        owner[name] = new
    else:
        old = getattr(owner, name)
        setattr(owner, name, new)
    return old
