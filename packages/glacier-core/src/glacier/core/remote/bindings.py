"""Where the datasets and the secrets of a deployed task are."""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, Mapping, NamedTuple, Tuple, cast

from glacier.core.contracts import Store
from glacier.core.dataset import Dataset, moved
from glacier.core.errors import GlacierError, RecordError
from glacier.core.remote.known import KnownKeys
from glacier.core.resources import Database, ObjectStorage

__all__ = [
    "BINDINGS_VARIABLE",
    "Bindings",
    "BoundPlaces",
    "NotPlaced",
    "bindings_key",
    "read_bindings",
]

BINDINGS_VARIABLE = "GLACIER_BINDINGS"
"""The environment variable that holds the bindings of a function."""


class NotPlaced(GlacierError, LookupError):
    """A dataset that is to be kept where its storage is declared, and no binding says where."""

    retryable = False

    def __init__(self, *, storage: str) -> None:
        super().__init__(
            f"{storage} has no address here: neither one of its own nor one among the bindings "
            f"({BINDINGS_VARIABLE}). Deploy the pipeline again with the environment that declares "
            "it, or give the storage url=."
        )


class Bindings(NamedTuple):
    """What one function is told of the places that it works with.

    ``workspace`` is the address of the workspace, ``stores`` has the datasets that lie at each
    other address, ``secrets`` by name what the provider's reader is asked for.
    """

    workspace: str
    stores: Mapping[str, Tuple[str, ...]] = {}
    secrets: Mapping[str, str] = {}

    @classmethod
    def from_text(cls, text: str) -> Bindings:
        """The bindings of a function. Raises :class:`~glacier.core.errors.RecordError`."""
        try:
            data: Any = json.loads(text)
            stores = {str(key): tuple(names) for key, names in data.get("stores", {}).items()}
            return cls(str(data["workspace"]), stores, dict(data.get("secrets", {})))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            broken = f"{type(error).__name__}: {error}"
            raise RecordError(
                record=BINDINGS_VARIABLE, found=None, expected=1, broken=broken
            ) from error

    def to_text(self) -> str:
        """The same as the value of an environment variable."""
        stores = {address: list(names) for address, names in self.stores.items()}
        data = {"workspace": self.workspace, "stores": stores, "secrets": dict(self.secrets)}
        return json.dumps(data, sort_keys=True, separators=(",", ":"))

    def placed(self, dataset: Dataset) -> Dataset:
        """A dataset as it is kept according to these."""
        address = next((at for at, names in self.stores.items() if dataset.name in names), None)
        if address is None:
            return dataset
        storage = dataset.storage
        name = storage.name if isinstance(storage, ObjectStorage) else dataset.name
        where = f"dataset {dataset.name!r} (at {address})"
        return moved(dataset, ObjectStorage(name, url=address), where=where, place=dataset.place)


def bindings_key(pipeline: str) -> str:
    """The key in a workspace of all bindings of a pipeline."""
    return f"_deployed/{pipeline}/bindings.json"


def read_bindings(text: str, opener: Callable[[str], Store]) -> Bindings:
    """The bindings of a function by its variable, or by the object that this names: a function
    that is told of a whole pipeline has no room for it among its variables.

    ``opener`` makes the store of an address. Raises :class:`~glacier.core.errors.RecordError` and
    :class:`~glacier.core.errors.StoreError`.
    """
    told = Bindings.from_text(text)
    key = json.loads(text).get("object")
    if key is None:
        return told
    return Bindings.from_text(opener(told.workspace).get(str(key)).decode())


class BoundPlaces:
    """The stores of a deployed task: what has no other address is in the workspace.

    ``opener`` makes the store of an address.
    """

    def __init__(self, bindings: Bindings, opener: Callable[[str], Store]) -> None:
        self.bindings = bindings
        self._opener = opener
        self._stores: Dict[str, KnownKeys] = {}

    def store(self, storage: ObjectStorage) -> Store:
        """The store of an object storage."""
        if storage.url is None:
            raise NotPlaced(storage=repr(storage))
        return self._at(storage.url)

    def database(self, storage: Database) -> str:
        """There is none by itself: a database is declared with its address."""
        raise NotPlaced(storage=repr(storage))

    def workspace(self) -> Store:
        """The store for what has no other place."""
        return self._at(self.bindings.workspace)

    def passage(self) -> Store:
        """The same: what one task hands to another lies in the workspace."""
        return self.workspace()

    def close(self) -> None:
        """Remove temporary files, and forget what was read."""
        for store in self._stores.values():
            store.close()

    def apart(self) -> BoundPlaces:
        """The same places, whose temporary files stay when those of this are removed."""
        return BoundPlaces(self.bindings, self._opener)

    def _at(self, address: str) -> Store:
        if address not in self._stores:
            self._stores[address] = KnownKeys(self._opener(address))
        return cast("Store", self._stores[address])
