"""Values that a client gives to a deployed run, stored as versions of that run before it starts.

They are the run's alone: ``latest`` stays where it is, so no other run reads them.
"""

from __future__ import annotations

from typing import Any, Mapping, Tuple

from glacier.core.following.errors import CannotFeed
from glacier.core.following.shelves import Shelves
from glacier.core.storage.files import FileShelf
from glacier.core.storage.records import Origin
from glacier.core.versions import Draft, commit

__all__ = ["feed"]


def feed(shelves: Shelves, run: str, values: Mapping[str, Any]) -> Tuple[str, ...]:
    """Store values for a run; the names of the datasets.

    Raises :class:`~glacier.core.following.errors.CannotFeed` for one that is not kept in files,
    before anything is stored, and what stores and formats raise.
    """
    found = {name: _shelf(shelves, name) for name in values}
    for name, shelf in found.items():
        _store(shelf, Origin(run, _CLIENT), values[name])
    return tuple(values)


_CLIENT = "(client)"  # no task has such a name


def _shelf(shelves: Shelves, name: str) -> FileShelf:
    shelf = shelves.of(name)
    if isinstance(shelf, FileShelf):
        return shelf
    raise CannotFeed(
        dataset=name,
        reason=f"it is kept at {shelf.place}, and there other runs would read what this one is fed "
        "with",
        mend="Feed what is made of it, or run the pipeline on this machine.",
    )


def _store(shelf: FileShelf, origin: Origin, value: Any) -> None:
    draft = shelf.write(value, origin)
    assert draft is not None  # only a private shelf leaves out what no format holds
    commit(
        shelf.store,
        Draft(shelf.address, origin.run, origin.task),
        draft.parts,
        format=draft.format,
        rows=draft.rows,
        columns=draft.columns,
        kind=draft.kind,
        mapped=draft.mapped,
        points=False,
    )
