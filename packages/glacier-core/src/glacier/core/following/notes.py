"""What a run has noted in its workspace so far: found by listing, read once."""

from __future__ import annotations

import json
from typing import Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional, Set, Tuple, Union

from glacier.core.contracts import Entry, Store
from glacier.core.remote.failures import Failure
from glacier.core.remote.records import Begun, ItemEnd, RunEnd, TaskEnd
from glacier.core.versions.address import RUNS, checked

__all__ = ["Note", "Notes", "Started"]

_FEW = 10_000  # items of a task of which each record is read
_AT_ONCE = 16  # records that are read at the same time
_TAIL = 32  # bytes at the end of a list of numbers in which the last one is


class Started(NamedTuple):
    """An attempt that has started, at a time in seconds since the epoch."""

    time: float


class Total(NamedTuple):
    """How many items a mapped task has."""

    items: int


Content = Union[Begun, RunEnd, Failure, Started, TaskEnd, ItemEnd, Total, None]


class Note(NamedTuple):
    """One object below a run: ``kind`` says what it is, ``content`` what is in it.

    ``task``, ``attempt`` and ``item`` are what it is about. An item of a task with very many of
    them may come without its content.
    """

    kind: str
    task: str = ""
    attempt: int = 0
    item: Optional[int] = None
    content: Content = None


class Notes:
    """The notes of one run, each given out once."""

    def __init__(self, store: Store, run: str) -> None:
        self.store = store
        self.prefix = f"{RUNS}/{checked(run, 'run')}"
        self._seen: Set[str] = set()
        self._items: Dict[str, int] = {}

    def look(self) -> List[Note]:
        """What was not there before, in no particular order.

        Raises :class:`~glacier.core.errors.StoreError`; what was not given out then comes later.
        """
        found: List[Tuple[Note, Entry]] = []
        for entry in self.store.list(self.prefix):
            if entry.key not in self._seen:
                note = _named(entry.key[len(self.prefix) + 1 :])
                if note is None:
                    self._seen.add(entry.key)
                else:
                    found.append((note, entry))
        notes = list(self._read(found))
        self._seen.update(entry.key for _, entry in found)
        return notes

    def _read(self, found: List[Tuple[Note, Entry]]) -> Iterator[Note]:
        wanted = [(note, entry, self._is_wanted(note)) for note, entry in found]
        if sum(is_wanted for *_, is_wanted in wanted) < 4:
            return iter([self._filled(*one) for one in wanted])
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(_AT_ONCE, "glacier-notes") as threads:
            return iter(list(threads.map(self._filled, *zip(*wanted))))

    def _is_wanted(self, note: Note) -> bool:
        if note.kind != "item":
            return note.kind != "started"
        count = self._items[note.task] = self._items.get(note.task, 0) + 1
        return count <= _FEW

    def _filled(self, note: Note, entry: Entry, is_wanted: bool) -> Note:
        if note.kind == "started":
            return note._replace(content=Started(entry.modified))
        if not is_wanted:
            return note
        if note.kind == "items":
            return note._replace(content=self._total(entry))
        data, where = self.store.get(entry.key), self.store.uri(entry.key)
        return note._replace(content=_READERS[note.kind](data, where))

    def _total(self, entry: Entry) -> Total:
        """From the end of a list of all numbers, which may be long."""
        start = max(0, entry.size - _TAIL)
        tail = self.store.get(entry.key, start).decode().strip().strip("[]")
        numbers = tail.rpartition(",")[2]
        return Total(int(json.loads(numbers)) + 1 if numbers else 0)


_READERS: Mapping[str, Callable[[bytes, str], Content]] = {
    "begin": Begun.from_bytes,
    "begin-failed": Failure.from_bytes,
    "end": RunEnd.from_bytes,
    "task": TaskEnd.from_bytes,
    "failure": Failure.from_bytes,
    "item": ItemEnd.from_bytes,
}


def _named(name: str) -> Optional[Note]:
    """What lies below a run under that name; ``None`` for what does not matter here."""
    parts = name.split("/")
    last, _, extension = parts.pop().rpartition(".")
    if not parts:
        is_known = extension == "json" and last in ("begin", "begin-failed", "end")
        return Note(last) if is_known else None
    if len(parts) == 1:
        kind = {"tasks": "task", "items": "items"}.get(parts[0])
        return Note(kind, last) if kind is not None and extension == "json" else None
    if len(parts) != 2:
        return None
    is_start = parts[0] == "tasks" and last.endswith(".started")
    attempt, dash, item = (last[: -len(".started")] if is_start else last).partition("-")
    if not attempt.isdigit() or (dash and not item.isdigit()):
        return None
    if parts[0] == "items" and extension == "json" and not dash:
        return Note("item", parts[1], item=int(attempt))
    if parts[0] != "tasks" or extension != "json":
        return None
    kind = "started" if is_start else "failure"
    return Note(kind, parts[1], int(attempt), int(item) if dash else None)
