"""Glacier on AWS.

Each name is imported when it is asked for, Pulumi only when a resource is registered, and boto3
only when a deployed pipeline is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from glacier.aws._version import __version__

if TYPE_CHECKING:
    from glacier.aws.account import Network
    from glacier.aws.executor import AWSExecutor
    from glacier.aws.provider import AWSProvider

__all__ = ["AWSExecutor", "AWSProvider", "Network", "__version__"]

_ROOMS = {"AWSExecutor": "executor", "AWSProvider": "provider", "Network": "account"}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
