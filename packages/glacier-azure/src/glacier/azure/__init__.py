"""Glacier on Azure.

Each name is imported when it is asked for, and Pulumi only when a resource is registered.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from glacier.azure._version import __version__

if TYPE_CHECKING:
    from glacier.azure.account import Network
    from glacier.azure.provider import AzureProvider

__all__ = ["AzureProvider", "Network", "__version__"]

_ROOMS = {"AzureProvider": "provider", "Network": "account"}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
