"""The store in a container of Azure Blob Storage."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from glacier.azure.runtime.settings import Settings, settings_of
from glacier.core.protocols import ObjectStore, StoreError, need_obstore

if TYPE_CHECKING:
    from glacier.core.protocols import Store

__all__ = ["open_store"]

_PATIENCE = 60  # seconds in which a request is tried again
_CONNECTING = 10  # seconds for a connection to be made


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

    endpoint = settings.endpoint
    return AzureStore(
        container,
        config=settings.config(),
        client_options={
            # The identity of a machine or an app is told without TLS, on the machine itself.
            "allow_http": settings.on_machine
            or (endpoint is not None and endpoint.startswith("http://")),
            "connect_timeout": timedelta(seconds=_CONNECTING),
            "timeout": timedelta(seconds=patience),
        },
        retry_config={"max_retries": 10, "retry_timeout": timedelta(seconds=_PATIENCE)},
    )
