"""The store at an address: a folder, or what a provider's package makes of a scheme."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from glacier.core.contracts import Store
from glacier.core.errors import StoreError
from glacier.core.registry import load
from glacier.core.stores.folder import DirectoryStore

__all__ = ["GROUP", "open_store"]

GROUP = "glacier.stores"


def open_store(address: str) -> Store:
    """The store at ``file:///data/lake``, ``s3://bucket/prefix`` or what else is installed.

    What makes the store is found by an entry point of the group ``glacier.stores``, whose name is
    the scheme, and called with the address. Nothing is asked of a bucket yet. Raises
    :class:`~glacier.core.errors.ExtensionError` for a scheme that nothing installed serves,
    :class:`~glacier.core.errors.MissingLibrary`, and :class:`~glacier.core.errors.StoreError`.
    """
    scheme = address.partition("://")[0].lower()
    if scheme == "file":
        return DirectoryStore(_folder(address))
    store: Store = load(GROUP, scheme)(address)
    return store


def _folder(address: str) -> str:
    from urllib.request import url2pathname  # it brings the whole of HTTP along

    parts = urlsplit(address)
    if parts.netloc not in ("", "localhost") or parts.path in ("", "/"):
        raise StoreError(
            where=address,
            reason="it names no folder of this machine",
            mend="Such an address has three slashes: file:///data/lake.",
        )
    return os.path.abspath(url2pathname(parts.path))
