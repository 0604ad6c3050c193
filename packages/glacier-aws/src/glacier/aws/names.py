"""What the parts of a deployed pipeline are called, and the ARNs that follow from it."""

from __future__ import annotations

from typing import NamedTuple

from glacier.aws.account import Account
from glacier.core.protocols import cloud_name

__all__ = [
    "WORKSPACE_TAG",
    "Bucket",
    "begin_name",
    "function_arn",
    "function_name",
    "log_arn",
    "log_group",
    "machine_arn",
    "machine_name",
    "role_name",
]

WORKSPACE_TAG = "glacier:workspace"
"""The tag of a state machine that names the bucket of its workspace."""

_ROLE = 64
_FUNCTION = 64
_MACHINE = 80


class Bucket(NamedTuple):
    """A bucket of S3, the prefix in it under which all keys lie, the ARN of its key if it has one.

    ``prefix`` is written without ``/`` at its ends.
    """

    name: str
    prefix: str = ""
    key: str = ""

    def path(self, key: str) -> str:
        """A key as the bucket knows it."""
        return f"{self.prefix}/{key}" if self.prefix else key


def function_name(pipeline: str, environment: str, task: str) -> str:
    """The name of the function of a task."""
    return cloud_name([pipeline, environment, task], longest=_FUNCTION)


def role_name(pipeline: str, environment: str, name: str) -> str:
    """The name of the role of a task, or of a group of tasks."""
    return cloud_name([pipeline, environment, name], longest=_ROLE)


def begin_name(pipeline: str, environment: str) -> str:
    """The name of the function that begins and finishes runs, and of its role.

    No task's name has a space, so the hash that follows is no task's.
    """
    return cloud_name([pipeline, environment, "begin run"], longest=_FUNCTION)


def machine_name(pipeline: str, environment: str, part: int | None = None) -> str:
    """The name of the state machine, or of a part that it was split into."""
    parts = [pipeline, environment] if part is None else [pipeline, environment, f"part {part}"]
    return cloud_name(parts, longest=_MACHINE)


def log_group(name: str) -> str:
    """The log group of a function."""
    return f"/aws/lambda/{name}"


def function_arn(name: str, account: Account) -> str:
    """The ARN of a function."""
    return f"{_stem('lambda', account)}:function:{name}"


def machine_arn(name: str, account: Account) -> str:
    """The ARN of a state machine."""
    return f"{_stem('states', account)}:stateMachine:{name}"


def log_arn(group: str, account: Account) -> str:
    """The ARN of all streams of a log group."""
    return f"{_stem('logs', account)}:log-group:{group}:*"


def _stem(service: str, account: Account) -> str:
    return f"arn:{account.partition}:{service}:{account.region}:{account.account}"
