"""What is deployed: as its bundle says it, and as the workspace says it."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from typing import Any, Dict, Iterable, Mapping, NamedTuple, Optional, cast

from glacier.core.contracts import Store
from glacier.core.errors import RecordError
from glacier.core.grants import Grant
from glacier.core.plan import Plan
from glacier.core.versions.record import dump, load

__all__ = [
    "DESCRIPTOR",
    "Deployed",
    "Manifest",
    "manifest_key",
    "plan_hash",
    "read_deployed",
    "read_manifest",
]

DESCRIPTOR = "glacier-deployed.json"
"""The file at the root of a bundle that says what is in it."""

FORMAT = 1
"""The format of descriptors and manifests; one that differs is refused by name."""


class Deployed(NamedTuple):
    """What a bundle holds.

    ``environment`` is the name of the one that the pipeline runs in; empty for none. ``target`` is
    ``FILE`` or ``FILE:PIPELINE``, relative to the bundle's root. ``plan`` is the hash of the plan,
    ``cache`` whether results are reused where a task does not say.
    """

    pipeline: str
    environment: str
    target: str
    plan: str = ""
    cache: bool = False

    def to_json(self) -> Dict[str, Any]:
        """The same as JSON data."""
        return {"format": FORMAT, **self._asdict()}

    @classmethod
    def from_json(cls, data: object, *, where: str = DESCRIPTOR) -> Deployed:
        """What :meth:`to_json` wrote. Raises :class:`~glacier.core.errors.RecordError`."""
        return cls(**_fields(data, cls._fields, where))


class Manifest(NamedTuple):
    """What the workspace says of a deployed pipeline.

    ``plan`` is its hash, ``steps`` the plan itself as JSON data. ``functions`` has the group of
    logs of each task, ``bindings`` where everything is, ``machine`` what runs are started with.
    """

    pipeline: str
    environment: str
    plan: str
    steps: Mapping[str, Any]
    functions: Mapping[str, str]
    bindings: Mapping[str, Any]
    machine: str = ""

    def to_bytes(self) -> bytes:
        """The manifest as it is stored."""
        return dump({"format": FORMAT, **self._asdict()})

    def read_plan(self) -> Plan:
        """The plan. Raises :class:`~glacier.core.errors.RecordError`."""
        return Plan.from_json(self.steps)


def manifest_key(pipeline: str) -> str:
    """The key of the manifest of a pipeline."""
    return f"_deployed/{pipeline}.json"


def read_manifest(store: Store, pipeline: str) -> Manifest:
    """The manifest in a workspace.

    Raises :class:`~glacier.core.errors.KeyMissing` and :class:`~glacier.core.errors.RecordError`.
    """
    key = manifest_key(pipeline)
    where = store.uri(key)
    fields = load(store.get(key), where, lambda data: _fields(data, Manifest._fields, where))
    return Manifest(**fields)


def read_deployed(root: str) -> Deployed:
    """The descriptor of the bundle in a folder.

    Raises :class:`~glacier.core.errors.RecordError`.
    """
    path = os.path.join(root, DESCRIPTOR)
    try:
        with open(path, encoding="utf-8") as file:
            data: object = json.load(file)
    except (OSError, ValueError) as error:
        broken = f"{type(error).__name__}: {error}"
        raise RecordError(record=path, found=None, expected=FORMAT, broken=broken) from error
    return Deployed.from_json(data, where=path)


def plan_hash(
    plan: Plan,
    *,
    grants: Iterable[Grant] = (),
    formats: Optional[Mapping[str, Optional[str]]] = None,
    codes: Optional[Mapping[str, Optional[str]]] = None,
) -> str:
    """A hash that is another one where what is deployed is not what is here.

    ``grants`` are what tasks may do, ``formats`` those that datasets declare, by name, and
    ``codes`` the hashes of the functions, by task.
    """
    known = {
        "plan": plan.to_json(),
        "grants": [grant.to_json() for grant in grants],
        "formats": dict(formats or {}),
        "codes": dict(codes or {}),
    }
    text = json.dumps(known, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def _fields(data: object, names: Iterable[str], where: str) -> Dict[str, Any]:
    record = cast("Mapping[str, Any]", data if isinstance(data, Mapping) else {})
    found = record.get("format")
    if found != FORMAT:
        raise RecordError(record=where, found=found, expected=FORMAT)
    lacking = [name for name in names if name not in record]
    if lacking:
        broken = f"it lacks {', '.join(lacking)}"
        raise RecordError(record=where, found=found, expected=FORMAT, broken=broken)
    return {name: record[name] for name in names}
