"""The folders in which an executor keeps what pipelines store.

Every run has them, and most use none: what that takes is imported with the first one.
"""

from __future__ import annotations

import os
from threading import Lock
from typing import TYPE_CHECKING, Any, Dict, List, Optional

from glacier.core.errors import GlacierError

if TYPE_CHECKING:
    from glacier.core.contracts import Store
    from glacier.core.resources import Database, ObjectStorage
    from glacier.core.stores import DirectoryStore

__all__ = ["FolderPlaces", "NotBound"]


class NotBound(GlacierError, LookupError):
    """A storage that is to be used as it is declared, and has no address.

    ``executor`` is the name of its class, ``key`` what the storage is called among addresses.
    """

    def __init__(self, *, storage: str, executor: str = "LocalExecutor", key: str = "") -> None:
        such = "Database('warehouse', url='postgresql://…')"
        if storage.startswith("ObjectStorage"):
            such = "ObjectStorage('lake', url='s3://company-lake/etl')"
        deployed = ""
        if key:
            deployed = (
                f" For a resource of an environment, and a raw one, give {key!r} in "
                "env.bound(pipeline, addresses=…), where what is deployed comes from "
                "env.deploy(pipeline).addresses."
            )
        super().__init__(
            f"{executor}(storage='declared'): {storage} has no address of its own. Give it one, "
            f"such as {such}, or run with storage='local', which keeps it in a folder of this "
            f"machine.{deployed}"
        )


class FolderPlaces:
    """Object storages as folders, ``<root>/storage/<name>``, databases as SQLite files,
    ``<root>/storage/<name>.db``, and ``<root>/workspace`` for caches.

    With ``declared`` what has an address of its own is used there, and the rest is refused by
    :class:`NotBound`. ``executor`` names whose folders they are. Only what pipelines store on
    purpose is written so that a power cut cannot harm it.
    """

    def __init__(
        self, root: str, *, declared: bool = False, executor: str = "LocalExecutor"
    ) -> None:
        self.root = root
        self.declared = declared
        self.executor = executor
        self._lock = Lock()
        self._stores: Dict[str, DirectoryStore] = {}
        self._opened: Dict[str, Store] = {}
        self._passage: Optional[DirectoryStore] = None

    def store(self, storage: ObjectStorage) -> Store:
        if not self.declared:
            return self._store(os.path.join("storage", storage.name), durable=True)
        if storage.url is None:
            key = f"object_storage/{storage.name}"
            raise NotBound(storage=repr(storage), executor=self.executor, key=key)
        return self._open(storage.url)

    def database(self, storage: Database) -> str:
        if self.declared:
            raise NotBound(storage=repr(storage), executor=self.executor)
        from urllib.parse import quote

        folder = os.path.abspath(os.path.join(self.root, "storage"))
        os.makedirs(folder, exist_ok=True)
        return "sqlite:///" + quote(os.path.join(folder, f"{storage.name}.db"))

    def workspace(self) -> Store:
        return self._store("workspace", durable=False)

    def passage(self) -> Store:
        with self._lock:
            if self._passage is None:
                from glacier.core.scratch import new_scratch_folder
                from glacier.core.stores import DirectoryStore

                self._passage = DirectoryStore(new_scratch_folder(), durable=False)
            return self._passage

    def close(self) -> None:
        with self._lock:
            stores: List[Any] = [*self._stores.values(), *self._opened.values(), self._passage]
        for store in stores:
            if hasattr(store, "close"):  # a store need not hold anything for writing
                store.close()

    def _open(self, url: str) -> Store:
        with self._lock:
            if url not in self._opened:
                from glacier.core.stores.addresses import open_store

                self._opened[url] = open_store(url)
            return self._opened[url]

    def _store(self, folder: str, *, durable: bool) -> DirectoryStore:
        with self._lock:
            if folder not in self._stores:
                from glacier.core.stores import DirectoryStore

                path = os.path.join(self.root, folder)
                self._stores[folder] = DirectoryStore(path, durable=durable)
            return self._stores[folder]
