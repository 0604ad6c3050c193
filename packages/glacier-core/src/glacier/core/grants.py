"""What each task may do, from the annotations alone: no more than it needs, in no cloud's words."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional

from glacier.core.dataset import Dataset
from glacier.core.plan import Plan
from glacier.core.resources import Database, Secret

__all__ = ["WORKSPACE", "Grant", "grants_of"]

WORKSPACE = "workspace"
"""Where a deployed pipeline keeps the datasets that have no storage."""


class Grant(NamedTuple):
    """One task may ``read`` or ``write`` one ``dataset``, ``secret`` or ``publication``.

    ``storage`` says where that is: the resource, the address, ``workspace``; of a secret nothing.
    Or it may ``use`` a ``permission``: then ``name`` is an action and ``storage`` what it is
    allowed on, as ``permissions=`` of the task says.
    """

    task: str
    access: str
    kind: str
    name: str
    storage: str = ""

    def to_json(self) -> Dict[str, Any]:
        """The grant as JSON data."""
        return dict(self._asdict())


def grants_of(
    plan: Plan, datasets: Mapping[str, Dataset], *, place: Callable[[Dataset], Optional[str]]
) -> List[Grant]:
    """The grants of a plan's tasks in the plan's order; ``place`` says where a dataset is kept.

    A condition (``when=``) is read by who schedules, not by the task. Whoever reads or writes a
    table reads the secret that is the address of its database.
    """
    identities = {one.task: one for one in plan.identities}
    found: Dict[Grant, None] = {}  # a set that keeps its order

    def add(task: str, access: str, name: str) -> None:
        dataset = datasets.get(name)
        where = None if dataset is None else place(dataset)
        found[Grant(task, access, "dataset", name, where or WORKSPACE)] = None
        publish = None if dataset is None else dataset.keeping.publish
        if access == "write" and publish is not None:
            found[Grant(task, access, "publication", name, _without_password(publish))] = None
        storage = None if dataset is None else dataset.keeping.storage
        if isinstance(storage, Database) and isinstance(storage.url, Secret):
            found[Grant(task, "read", "secret", storage.url.name)] = None

    for step in plan.steps:
        for slot in step.slots:
            if slot.kind == "input":
                add(step.task, "read", slot.source)
            elif slot.kind == "secret":
                found[Grant(step.task, "read", "secret", slot.source)] = None
        for name in step.outputs:
            add(step.task, "write", name)
        if step.task in identities:
            for action, resource in identities[step.task].permissions:
                found[Grant(step.task, "use", "permission", action, resource)] = None
    return list(found)


def _without_password(address: str) -> str:
    scheme, mark, rest = address.partition("://")
    _, at, host = rest.rpartition("@")
    return f"{scheme}{mark}***@{host}" if at else address
