"""The store in a container of Azure Blob Storage."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from glacier.azure.runtime.settings import Settings, settings_of
from glacier.core.protocols import ObjectStore, StoreError, client_settings, need_obstore

if TYPE_CHECKING:
    from glacier.core.protocols import Store

__all__ = ["open_store"]


def open_store(address: str) -> Store:
    """The store at ``az://container/prefix`` of the account that the environment names, or at
    ``abfss://container@account.dfs.core.windows.net/prefix``; nothing is asked of it yet.

    Account and credentials are those that Azure's own tools would find, in each process anew:
    ``AZURE_STORAGE_ACCOUNT_NAME`` with a key or a signature, ``AZURE_STORAGE_CONNECTION_STRING``,
    a service principal or federated identity (``AZURE_CLIENT_ID`` …), the identity of an app or a
    machine, or the login of the command line ``az``. With ``AZURE_SKIP_SIGNATURE=true`` nothing is
    signed, for containers that everybody may read.

    Raises :class:`~glacier.core.errors.MissingLibrary` without obstore,
    :class:`~glacier.core.errors.StoreError` for an address without a container, and its first use
    :class:`~glacier.azure.runtime.settings.NoCredentials`.
    """
    host, _, prefix = address.partition("://")[2].partition("/")
    container, _, account = host.partition("@")
    if not container or ":" in host:
        raise StoreError(
            where=address,
            reason="it names no container",
            mend="Write az://container/prefix, or "
            "abfss://container@account.dfs.core.windows.net/prefix.",
        )
    need_obstore(address)
    connect = partial(_connect, address, container, account)
    return ObjectStore(address, connect, prefix=prefix.rstrip("/"))


def _connect(address: str, container: str, account: str, patience: float) -> Any:
    return _client(container, settings_of(address, account), patience)


@lru_cache(maxsize=64)  # connections are kept alive: a task opens its stores again and again
def _client(container: str, settings: Settings, patience: float) -> Any:
    from obstore.store import AzureStore

    told = client_settings(patience, endpoint=settings.endpoint, without_tls=settings.on_machine)
    return AzureStore(container, config=settings.config(), **told)
