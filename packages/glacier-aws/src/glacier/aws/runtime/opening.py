"""The store in a bucket of S3, or of a server that speaks as S3 does."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from glacier.aws.runtime.settings import Settings, settings_of
from glacier.core.protocols import ObjectStore, client_settings, need_obstore, split_bucket

if TYPE_CHECKING:
    from glacier.core.protocols import Store

__all__ = ["open_store"]


def open_store(address: str, *, region: str | None = None, endpoint: str | None = None) -> Store:
    """The store at ``s3://bucket/prefix``; nothing is asked of the bucket yet.

    Region, endpoint and credentials are those that AWS's own tools would find, in each process
    anew: ``AWS_REGION``, ``AWS_ENDPOINT_URL_S3`` or ``AWS_ENDPOINT_URL``, keys in the environment,
    a web identity, a profile with keys, the role of a container or a machine. With
    ``AWS_SKIP_SIGNATURE=true`` nothing is signed, for buckets that are open to everybody.

    Raises :class:`~glacier.core.errors.MissingLibrary` without obstore,
    :class:`~glacier.core.errors.StoreError` for an address without a bucket, and its first use
    :class:`~glacier.aws.runtime.settings.NoCredentials`.
    """
    bucket, prefix = split_bucket(address)
    need_obstore(address)
    connect = partial(_connect, address, bucket, region, endpoint)
    return ObjectStore(address, connect, prefix=prefix)


def _connect(
    address: str, bucket: str, region: str | None, endpoint: str | None, patience: float
) -> Any:
    settings = settings_of(address, region=region, endpoint=endpoint)
    return _client(bucket, settings, patience)


@lru_cache(maxsize=64)  # connections are kept alive: a task opens its stores again and again
def _client(bucket: str, settings: Settings, patience: float) -> Any:
    from obstore.store import S3Store

    told = client_settings(patience, endpoint=settings.endpoint)
    return S3Store(bucket, config=settings.config(), **told)
