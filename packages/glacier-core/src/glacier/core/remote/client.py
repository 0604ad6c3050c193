"""What a client of a deployed pipeline does with its workspace: it feeds runs, and reads them."""

from __future__ import annotations

from typing import Any, Dict, Mapping, NamedTuple, Optional, Sequence, Tuple

from glacier.core.codec import encode
from glacier.core.contracts import Launch, Store
from glacier.core.errors import InvalidRequest
from glacier.core.remote.failures import Failure
from glacier.core.remote.records import (
    Begun,
    RunEnd,
    TaskEnd,
    begin_failed_key,
    begin_key,
    end_key,
    failed_key,
    read_if_there,
    task_key,
)
from glacier.core.storage.files import FileDraft, FileShelf
from glacier.core.storage.places import Places, kept_shelf, own_shelf
from glacier.core.storage.records import Origin
from glacier.core.versions import Draft, commit

__all__ = ["Reports", "feed", "request_of"]

_FED = "inputs"  # the task that a value is noted to come from


def request_of(
    run: str,
    *,
    params: Optional[Mapping[str, Any]] = None,
    select: Optional[Sequence[str]] = None,
    resume: Optional[str] = None,
    inputs: Sequence[str] = (),
) -> Dict[str, Any]:
    """What a state machine is started with; ``params`` are values, as ``execute`` takes them.

    Raises :class:`ValueError` for one that has no form as JSON.
    """
    asked: Dict[str, Any] = {"run": run}
    if params:
        asked["values"] = {name: encode(value) for name, value in params.items()}
    if select is not None:
        asked["select"] = list(select)
    if resume is not None:
        asked["resume"] = resume
    if inputs:
        asked["inputs"] = list(inputs)
    return asked


def feed(launch: Launch, places: Places, run: str) -> Tuple[str, ...]:
    """Store the values that a run is fed with as versions of it; returns the datasets' names.

    They become nobody's ``latest``. Raises :class:`~glacier.core.errors.InvalidRequest` for a
    dataset that is a table, and what formats and stores raise.
    """
    for name, value in launch.inputs.items():
        shelf = _shelf(launch, places, name)
        if not isinstance(shelf, FileShelf):
            reason, mend = f"gives {name!r}, which is a table", "Write the table itself."
            raise InvalidRequest(option="inputs", reason=reason, mend=mend)
        draft = shelf.write(value, Origin(run, _FED))
        if draft is not None:
            _commit(shelf, draft, run)
    return tuple(launch.inputs)


def _shelf(launch: Launch, places: Places, name: str) -> Any:
    """Where the tasks of a deployed run look for a dataset."""
    pipeline = launch.plan.pipeline
    dataset = None if launch.whole is None else launch.whole.datasets.get(name)
    kept = None if dataset is None else kept_shelf(dataset, pipeline=pipeline, places=places)
    if kept is not None:
        return kept
    form = None if dataset is None else dataset.keeping.format
    store = places.workspace()
    return own_shelf(name, pipeline=pipeline, store=store, form=form, private=False)


def _commit(shelf: FileShelf, draft: FileDraft, run: str) -> None:
    commit(
        shelf.store,
        Draft(shelf.address, run, _FED),
        draft.parts,
        format=draft.format,
        rows=draft.rows,
        columns=draft.columns,
        kind=draft.kind,
        mapped=draft.mapped,
        latest=False,
    )


class Reports(NamedTuple):
    """What a run has left in its workspace so far; ``None`` stands for what is not there."""

    store: Store
    run: str

    def begun(self) -> Optional[Begun]:
        """How it began."""
        key = begin_key(self.run)
        data = read_if_there(self.store, key)
        return None if data is None else Begun.from_bytes(data, self.store.uri(key))

    def refused(self) -> Optional[Failure]:
        """Why it could not begin."""
        return self._failure(begin_failed_key(self.run))

    def task(self, task: str) -> Optional[TaskEnd]:
        """How a task ended that did not fail."""
        key = task_key(self.run, task)
        data = read_if_there(self.store, key)
        return None if data is None else TaskEnd.from_bytes(data, self.store.uri(key))

    def failure(self, task: str, attempt: int, item: Optional[int] = None) -> Optional[Failure]:
        """Why an attempt at a task, or at an item of it, failed."""
        return self._failure(failed_key(self.run, task, attempt, item))

    def end(self) -> Optional[RunEnd]:
        """How all of its tasks ended."""
        key = end_key(self.run)
        data = read_if_there(self.store, key)
        return None if data is None else RunEnd.from_bytes(data, self.store.uri(key))

    def _failure(self, key: str) -> Optional[Failure]:
        data = read_if_there(self.store, key)
        return None if data is None else Failure.from_bytes(data, self.store.uri(key))
