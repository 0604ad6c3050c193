"""The store in a bucket of Google's Cloud Storage."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from glacier.core.protocols import ObjectStore, client_settings, need_obstore, split_bucket
from glacier.gcp.runtime.settings import Settings, settings_of

if TYPE_CHECKING:
    from glacier.core.protocols import Store

__all__ = ["open_store"]


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
    bucket, prefix = split_bucket(address)
    need_obstore(address)
    connect = partial(_connect, address, bucket, endpoint)
    return ObjectStore(address, connect, prefix=prefix, generations=True)


def _connect(address: str, bucket: str, endpoint: str | None, patience: float) -> Any:
    return _client(bucket, settings_of(address, endpoint=endpoint), patience)


@lru_cache(maxsize=64)  # connections are kept alive: a task opens its stores again and again
def _client(bucket: str, settings: Settings, patience: float) -> Any:
    from obstore.store import GCSStore

    told = client_settings(patience, endpoint=settings.endpoint, without_tls=settings.on_machine)
    return GCSStore(bucket, config=settings.config(), **told)
