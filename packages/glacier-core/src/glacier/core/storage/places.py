"""Where an executor keeps what pipelines store, and the shelf that each dataset gets there."""

from __future__ import annotations

from typing import Optional, Protocol

from glacier.core.contracts import Store
from glacier.core.dataset import Dataset
from glacier.core.errors import InvalidOption, UnknownFormat
from glacier.core.formats.choice import format_named, name_of_path
from glacier.core.resources import Database, External, ObjectStorage
from glacier.core.storage.files import FileShelf
from glacier.core.storage.shelf import Shelf, WritableShelf
from glacier.core.versions import Address

__all__ = ["Places", "declared_shelf", "kept_shelf", "own_shelf"]


class Places(Protocol):
    """What an executor makes of the storages that pipelines declare."""

    def store(self, storage: ObjectStorage) -> Store:
        """The store of an object storage; the same object for equal ones."""
        ...

    def database(self, storage: Database) -> str:
        """The URL of a database that is declared without one."""
        ...

    def workspace(self) -> Store:
        """The store for Glacier's own use: caches, and what a failed run leaves."""
        ...

    def passage(self) -> Store:
        """An empty store that goes with this process."""
        ...

    def close(self) -> None:
        """Let go of what stores hold for writing; all of them can be used again."""
        ...


def declared_shelf(dataset: Dataset, *, pipeline: str, places: Places) -> Optional[Shelf]:
    """The shelf that a dataset's ``storage=`` asks for; ``None`` without one."""
    if isinstance(dataset.storage, External):
        from glacier.core.storage.outside import ExternalShelf

        _check_format(dataset)
        return ExternalShelf(dataset.storage, Address(pipeline, dataset.name))
    return kept_shelf(dataset, pipeline=pipeline, places=places)


def kept_shelf(dataset: Dataset, *, pipeline: str, places: Places) -> Optional[WritableShelf]:
    """The same for a dataset that the pipeline makes: ``None`` too for one that it cannot write."""
    storage, form, publish, retain = dataset.keeping
    address = Address(pipeline, dataset.name)
    _check_format(dataset)
    if storage is None or isinstance(storage, External):
        return None
    if isinstance(storage, Database):
        from glacier.core.storage.tables import TableShelf

        url = storage.url or places.database(storage)
        return TableShelf(url, address, places.workspace())
    if form is None and publish is not None and "://" not in publish:
        form = name_of_path(publish)
    return FileShelf(places.store(storage), address, format=form, publish=publish, retain=retain)


def own_shelf(
    name: str, *, pipeline: str, store: Store, form: Optional[str] = None, private: bool = True
) -> FileShelf:
    """The shelf of a dataset without a storage, for a run that keeps all of them."""
    return FileShelf(store, Address(pipeline, name), format=form, private=private)


def _check_format(dataset: Dataset) -> None:
    form = dataset.keeping.format
    if form is None:
        return
    try:
        format_named(form)
    except UnknownFormat as error:
        where = f"dataset {dataset.name!r} ({dataset.place})"
        raise InvalidOption(where=where, option="format", found=form, mend=str(error)) from error
