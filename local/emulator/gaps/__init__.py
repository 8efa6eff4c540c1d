"""What ministack lacks or gets wrong and the systems of this repository need, one file per gap.

Each file says which version of ministack it is for (`FOR_VERSION`), what goes wrong without it, and has `close()`.
tests/engine/ shows for each that the real provider, or a real request, now succeeds.
"""

import importlib
import re
import sys
from importlib.metadata import version
from pathlib import Path

NAMES = [
    "scaling_policies",
    "scaling_groups",
    "t_family_instances",
    "public_images",
    "launched_instances",
    "network_records",
    "addresses",
    "security_group_rules",
    "percentile_alarms",
    "metric_math_alarms",
    "dashboard_lists",
    "vpc_links",
    "private_rest_apis",
    "web_acl_logging",
    "cloudfront_streams",
    "cloudfront_api_origins",
    "deleted_distributions",
    "data_plane_paths",
    "bucket_readers",
    "bucket_metrics",
    "multipart_tags",
    "version_listing",
    "efs_mounts",
    "async_invocations",
    "node_workers",
    "api_keys",
    "rest_api_iam",
    "rest_api_patches",
    "method_responses",
    "empty_blocks",
    "checkpoints",
    "database_instances",
]


def refuse_other_versions() -> None:
    installed = version("ministack")
    # Read, not imported: what a gap imports from ministack may be gone from another version.
    written_for = {name: _version_of(name) for name in NAMES}
    stale = [f"local/emulator/gaps/{name}.py is for {wanted}" for name, wanted in written_for.items() if wanted != installed]
    if stale:
        sys.exit(
            f"ministack {installed} is installed, but " + ", ".join(stale) + ".\n"
            "For each: see whether the new version still has the gap. Remove the file if not; if so, make its test pass and "
            "set FOR_VERSION."
        )


def _version_of(name: str) -> str:
    source = Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8")
    return re.search(r'^FOR_VERSION = "(.+)"$', source, re.MULTILINE).group(1)


def close_all() -> None:
    for name in NAMES:
        importlib.import_module(f"gaps.{name}").close()


def replace(owner, name: str, new):
    """Put `new` in place of `owner.name` (an attribute, or a key of a dict) and return the old one; fail when there is none."""
    if isinstance(owner, dict):
        old = owner[name]
        owner[name] = new
    else:
        old = getattr(owner, name)
        setattr(owner, name, new)
    return old
