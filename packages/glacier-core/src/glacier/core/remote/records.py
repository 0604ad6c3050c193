"""What a run leaves in the workspace, besides the versions of its datasets."""

from __future__ import annotations

from typing import Any, Dict, Mapping, NamedTuple, Optional, Sequence, Tuple

from glacier.core.contracts import State, Store
from glacier.core.errors import KeyExists, KeyMissing
from glacier.core.fingerprint import Code
from glacier.core.storage.files import FileDraft
from glacier.core.versions import Part
from glacier.core.versions.address import RUNS, checked
from glacier.core.versions.record import dump, load

__all__ = [
    "Begun",
    "BegunStep",
    "ItemEnd",
    "RunEnd",
    "TaskEnd",
    "begin_failed_key",
    "begin_key",
    "end_key",
    "failed_key",
    "item_key",
    "items_key",
    "put_once",
    "read_if_there",
    "started_key",
    "task_key",
]


def _below(run: str) -> str:
    return f"{RUNS}/{checked(run, 'run')}"


def begin_key(run: str) -> str:
    """The key of what every call of a run needs."""
    return f"{_below(run)}/begin.json"


def begin_failed_key(run: str) -> str:
    """The key of why a run could not begin."""
    return f"{_below(run)}/begin-failed.json"


def task_key(run: str, task: str) -> str:
    """The key of how a task ended."""
    return f"{_below(run)}/tasks/{checked(task, 'task')}.json"


def failed_key(run: str, task: str, attempt: int, item: Optional[int] = None) -> str:
    """The key of why an attempt failed."""
    which = "" if item is None else f"-{item}"
    return f"{_below(run)}/tasks/{checked(task, 'task')}/{attempt}{which}.json"


def started_key(run: str, task: str, attempt: int) -> str:
    """The key of the note that an attempt has started."""
    return f"{_below(run)}/tasks/{checked(task, 'task')}/{attempt}.started.json"


def item_key(run: str, task: str, item: int) -> str:
    """The key of what became of an item."""
    return f"{_below(run)}/items/{checked(task, 'task')}/{item}.json"


def items_key(run: str, task: str) -> str:
    """The key of the numbers of the items of a task."""
    return f"{_below(run)}/items/{checked(task, 'task')}.json"


def end_key(run: str) -> str:
    """The key of how all tasks of a run ended."""
    return f"{_below(run)}/end.json"


class BegunStep(NamedTuple):
    """What is known of a step before anything runs.

    ``params`` are in their JSON form. ``reused`` has for each output the version that stands for a
    new one, ``None`` for one that nobody reads any more; it is ``None`` itself for a step that is
    to run.
    """

    task: str
    selected: bool
    params: Mapping[str, Any] = {}
    provenance: Optional[str] = None
    code: Optional[Code] = None
    reused: Optional[Tuple[Optional[str], ...]] = None


class Begun(NamedTuple):
    """A run as it began.

    ``pins`` are the versions that it reads from outside, by dataset, ``sources`` what was found at
    the addresses of others, ``fed`` the datasets that the client has stored. ``flags`` say which
    conditions from outside hold. ``steps`` are all of the deployed plan, in its order.
    """

    run: str
    pipeline: str
    cache: bool
    resumed: Optional[str]
    flags: Mapping[str, Optional[bool]]
    pins: Mapping[str, str]
    sources: Mapping[str, Mapping[str, Any]]
    fed: Tuple[str, ...]
    steps: Mapping[str, BegunStep]

    def to_bytes(self) -> bytes:
        """The record as it is stored."""
        steps = [_of_step(step) for step in self.steps.values()]
        return dump({**self._asdict(), "fed": list(self.fed), "steps": steps})

    @classmethod
    def from_bytes(cls, data: bytes, where: str) -> Begun:
        """What :meth:`to_bytes` wrote. Raises :class:`~glacier.core.errors.RecordError`."""
        return load(data, where, _begun)


def _of_step(step: BegunStep) -> Dict[str, Any]:
    code = None if step.code is None else [step.code.digest, step.code.parts]
    reused = None if step.reused is None else list(step.reused)
    return {**step._asdict(), "code": code, "reused": reused}


def _begun(data: Mapping[str, Any]) -> Begun:
    fields = {name: data[name] for name in Begun._fields}
    fields["fed"] = tuple(data["fed"])
    fields["steps"] = {one["task"]: _step(one) for one in data["steps"]}
    return Begun(**fields)


def _step(data: Mapping[str, Any]) -> BegunStep:
    fields = {name: data[name] for name in BegunStep._fields}
    fields["code"] = None if data["code"] is None else Code(*data["code"])
    fields["reused"] = None if data["reused"] is None else tuple(data["reused"])
    return BegunStep(**fields)


class TaskEnd(NamedTuple):
    """How a task ended that did not fail.

    ``flags`` say which of its outputs are true, of those that other tasks wait for so; ``kept`` is
    what is stored of them, for people.
    """

    state: State
    started: Optional[float] = None
    duration: float = 0.0
    attempt: int = 1
    reason: str = ""
    flags: Mapping[str, Optional[bool]] = {}
    kept: Sequence[Mapping[str, Any]] = ()

    def to_bytes(self) -> bytes:
        """The record as it is stored."""
        return dump({**self._asdict(), "state": str(self.state), "kept": list(self.kept)})

    @classmethod
    def from_bytes(cls, data: bytes, where: str) -> TaskEnd:
        """What :meth:`to_bytes` wrote. Raises :class:`~glacier.core.errors.RecordError`."""
        fields = load(data, where, lambda found: {name: found[name] for name in cls._fields})
        return cls(**fields)._replace(state=State(fields["state"]))

    def answer(self) -> Dict[str, Any]:
        """What the state machine is told."""
        return {"state": str(self.state), "flags": dict(self.flags)}


class ItemEnd(NamedTuple):
    """What became of an item: a draft for each output, or none where it was skipped."""

    state: State
    started: Optional[float]
    duration: float
    attempt: int
    reason: str = ""
    drafts: Tuple[FileDraft, ...] = ()

    def to_bytes(self) -> bytes:
        """The record as it is stored."""
        drafts = [
            {**draft._asdict(), "parts": [part._asdict() for part in draft.parts]}
            for draft in self.drafts
        ]
        return dump({**self._asdict(), "state": str(self.state), "drafts": drafts})

    @classmethod
    def from_bytes(cls, data: bytes, where: str) -> ItemEnd:
        """What :meth:`to_bytes` wrote. Raises :class:`~glacier.core.errors.RecordError`."""
        fields = load(data, where, lambda found: {name: found[name] for name in cls._fields})
        drafts = tuple(map(_draft, fields["drafts"]))
        return cls(**fields)._replace(state=State(fields["state"]), drafts=drafts)


def _draft(data: Mapping[str, Any]) -> FileDraft:
    columns = data["columns"]
    fields: Dict[str, Any] = {
        **data,
        "parts": tuple([Part(**part) for part in data["parts"]]),
        "columns": None if columns is None else tuple([(name, kind) for name, kind in columns]),
    }
    return FileDraft(**fields)


class RunEnd(NamedTuple):
    """How a run ended: its state, and those of its tasks."""

    state: State
    tasks: Mapping[str, str]

    def to_bytes(self) -> bytes:
        """The record as it is stored."""
        return dump({"state": str(self.state), "tasks": dict(self.tasks)})

    @classmethod
    def from_bytes(cls, data: bytes, where: str) -> RunEnd:
        """What :meth:`to_bytes` wrote. Raises :class:`~glacier.core.errors.RecordError`."""
        return load(data, where, lambda found: cls(State(found["state"]), dict(found["tasks"])))


def put_once(store: Store, key: str, data: bytes) -> bytes:
    """Create a record, and return it, or the one that somebody else has created."""
    try:
        store.put(key, data, if_absent=True)
    except KeyExists:
        return store.get(key)
    return data


def read_if_there(store: Store, key: str) -> Optional[bytes]:
    """The content of a key; ``None`` where there is nothing."""
    try:
        return store.get(key)
    except KeyMissing:
        return None
