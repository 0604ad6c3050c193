"""The store in a bucket of Google's Cloud Storage."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from glacier.core.protocols import ObjectStore, StoreError, need_obstore
from glacier.gcp.runtime.settings import Settings, settings_of

if TYPE_CHECKING:
    from glacier.core.protocols import Store

__all__ = ["open_store"]

_PATIENCE = 60  # seconds in which a request is tried again
_CONNECTING = 10  # seconds for a connection to be made


def open_store(address: str, *, endpoint: str | None = None) -> Store:
    """The store at ``gs://bucket/prefix``; nothing is asked of the bucket yet.

    Credentials are those that Google's own tools would find, in each process anew: the file that
    ``GOOGLE_APPLICATION_CREDENTIALS`` names, what ``gcloud auth application-default login`` left,
    or the service account of the machine. With ``GOOGLE_SKIP_SIGNATURE=true`` nothing is signed,
    for buckets that everybody may read. ``GOOGLE_BASE_URL`` or ``STORAGE_EMULATOR_HOST`` is where
    an emulator is.

    Raises :class:`~glacier.core.errors.MissingLibrary` without obstore,
    :class:`~glacier.core.errors.StoreError` for an address without a bucket, and its first use
    :class:`~glacier.gcp.runtime.settings.NoCredentials`.
    """
    bucket, _, prefix = address.partition("://")[2].partition("/")
    if not bucket or "@" in bucket or ":" in bucket:
        raise StoreError(
            where=address, reason="it names no bucket", mend="Write gs://bucket/prefix."
        )
    need_obstore(address)
    connect = partial(_connect, address, bucket, endpoint)
    return ObjectStore(address, connect, prefix=prefix.rstrip("/"), generations=True)


def _connect(address: str, bucket: str, endpoint: str | None, patience: float) -> Any:
    return _client(bucket, settings_of(address, endpoint=endpoint), patience)


@lru_cache(maxsize=64)  # connections are kept alive: a task opens its stores again and again
def _client(bucket: str, settings: Settings, patience: float) -> Any:
    from obstore.store import GCSStore

    endpoint = settings.endpoint
    return GCSStore(
        bucket,
        config=settings.config(),
        client_options={
            # The metadata service of a machine has no TLS either.
            "allow_http": settings.on_machine
            or (endpoint is not None and endpoint.startswith("http://")),
            "connect_timeout": timedelta(seconds=_CONNECTING),
            "timeout": timedelta(seconds=patience),
        },
        retry_config={"max_retries": 10, "retry_timeout": timedelta(seconds=_PATIENCE)},
    )
