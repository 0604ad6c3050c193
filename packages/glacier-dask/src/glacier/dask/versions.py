"""Whether client, scheduler and workers run the same Python and the same Glacier.

They are asked by Dask's own means, which needs neither Glacier nor the same Python over there.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from glacier.dask.engine import Client
from glacier.dask.faults import VersionMismatch

__all__ = ["check_versions"]

# Older versions of Dask ask modules, newer ones distributions.
_MODULES = {"glacier-pipeline": "glacier.core._version", "glacier-dask": "glacier.dask._version"}


def check_versions(client: Client) -> None:
    """Raise :class:`~glacier.dask.VersionMismatch` where something differs."""
    packages = [*_MODULES, *_MODULES.values()]
    told: dict[str, Any] = client.get_versions(check=False, packages=packages)
    compare(_facts(told["client"]), told)


def compare(here: Mapping[str, str], told: Mapping[str, Any]) -> None:
    """Compare what this process has with what was told of the others."""
    places = {"scheduler": told["scheduler"]}
    places.update((f"worker {address}", facts) for address, facts in told["workers"].items())
    found: dict[str, Mapping[str, str]] = {}
    for place, facts in places.items():
        there = _facts(facts)
        wrong = {name: there[name] for name in here if there[name] != here[name]}
        if wrong:
            found[place] = wrong
    if found:
        raise VersionMismatch(here=here, found=found)


def _facts(told: Any) -> dict[str, str]:
    """The versions that must agree, of what Dask tells; a Python by its first two numbers."""
    if not hasattr(told, "keys"):
        return dict.fromkeys(("Python", *_MODULES), "unknown")
    host: dict[str, Any] = dict(told["host"])
    packages: dict[str, Any] = dict(told["packages"])
    python = ".".join(str(host.get("python", sys.version)).split(".")[:2])
    facts = {
        name: packages.get(name) or packages.get(module) or "missing"
        for name, module in _MODULES.items()
    }
    return {"Python": python, **facts}
