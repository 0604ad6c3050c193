"""The folders of this machine in which stored datasets are kept."""

from __future__ import annotations

import os
from threading import Lock
from typing import Dict, Optional
from urllib.parse import quote

from glacier.core.protocols import (
    Database,
    DirectoryStore,
    ObjectStorage,
    Store,
    new_scratch_folder,
)

__all__ = ["LocalPlaces"]


class LocalPlaces:
    """Object storages as folders, ``<root>/storage/<name>``, databases as SQLite files,
    ``<root>/storage/<name>.db``, and ``<root>/workspace`` for caches.

    Only what pipelines store on purpose is written so that a power cut cannot harm it.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self._lock = Lock()
        self._stores: Dict[str, Store] = {}
        self._passage: Optional[Store] = None

    def store(self, storage: ObjectStorage) -> Store:
        return self._store(os.path.join("storage", storage.name), durable=True)

    def database(self, storage: Database) -> str:
        folder = os.path.abspath(os.path.join(self.root, "storage"))
        os.makedirs(folder, exist_ok=True)
        return "sqlite:///" + quote(os.path.join(folder, f"{storage.name}.db"))

    def workspace(self) -> Store:
        return self._store("workspace", durable=False)

    def passage(self) -> Store:
        with self._lock:
            if self._passage is None:
                self._passage = DirectoryStore(new_scratch_folder(), durable=False)
            return self._passage

    def _store(self, folder: str, *, durable: bool) -> Store:
        with self._lock:
            if folder not in self._stores:
                path = os.path.join(self.root, folder)
                self._stores[folder] = DirectoryStore(path, durable=durable)
            return self._stores[folder]
