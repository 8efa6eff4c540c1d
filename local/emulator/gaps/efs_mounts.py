"""EFS file systems that functions can really write to.

ministack keeps EFS as metadata, so a function sees whatever lies at its mount path on this machine, usually nothing. Here
each file system is a folder, `efs/<file system id>` of the emulator's state; a function with a file system configuration
gets every environment variable whose value is its mount path, or lies below it, rewritten to the access point's folder. A
program that takes its path from the environment (EFS_MOUNT_PATH) runs unchanged; one with the path written into it does not.

As on AWS, functions with the same access point share its folder, the folder is made with the access point's permissions
on first use, and a root directory that does not exist and has no creation info makes the function fail. The owner is not
changed: a process of this machine runs as its user, whatever the access point's POSIX user.
"""

import os
import shutil

import identity
from ministack.core import lambda_runtime
from ministack.services import efs

from gaps import replace

FOR_VERSION = "1.5.33"


def close() -> None:
    spawn = replace(lambda_runtime.Worker, "_spawn", None)

    def spawn_with_mounts(worker):
        declared = worker.config
        worker.config = _with_local_paths(declared)
        try:
            spawn(worker)
        finally:
            worker.config = declared

    lambda_runtime.Worker._spawn = spawn_with_mounts
    delete = replace(efs, "_delete_file_system", lambda fs_id: _after(delete(fs_id), fs_id))
    reset = replace(efs, "reset", lambda: (reset(), shutil.rmtree(_root(), ignore_errors=True))[0])


def _root() -> str:
    return os.path.join(identity.state_dir(), "efs")


def _after(response, fs_id):
    if response[0] < 300:
        shutil.rmtree(os.path.join(_root(), fs_id), ignore_errors=True)
    return response


def _with_local_paths(config):
    mounts = {mount["LocalMountPath"].rstrip("/"): _folder(mount["Arn"]) for mount in config.get("FileSystemConfigs") or []}
    if not mounts:
        return config
    variables = (config.get("Environment") or {}).get("Variables") or {}
    # A program that is told no path looks at the one of its configuration.
    rewritten = {"EFS_MOUNT_PATH": next(iter(mounts.values())), **{name: _local(value, mounts) for name, value in variables.items()}}
    return {**config, "Environment": {**(config.get("Environment") or {}), "Variables": rewritten}}


def _local(value: str, mounts: dict) -> str:
    for mount_path, folder in mounts.items():
        if value == mount_path or value.startswith(mount_path + "/"):
            return folder + value[len(mount_path) :]
    return value


def _folder(access_point_arn: str) -> str:
    access_point = efs._access_points.get(access_point_arn.rsplit("/", 1)[-1])
    if not access_point:
        raise RuntimeError(f"EFSMountFailureException: access point {access_point_arn} does not exist")
    root_directory = access_point.get("RootDirectory") or {}
    path = os.path.normpath("/" + (root_directory.get("Path") or "/"))
    file_system = os.path.join(_root(), access_point["FileSystemId"])
    folder = os.path.join(file_system, path.lstrip("/")) if path != "/" else file_system
    if os.path.isdir(folder):
        return folder
    creation = root_directory.get("CreationInfo")
    if path != "/" and not creation:
        raise RuntimeError(
            f"EFSMountFailureException: {path} does not exist on {access_point['FileSystemId']}, "
            "and the access point has no creation info"
        )
    os.makedirs(folder)
    os.chmod(folder, int((creation or {}).get("Permissions") or "755", 8))
    return folder
