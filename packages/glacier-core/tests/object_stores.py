"""Stores over obstore for tests: in memory, and in buckets of moto's S3."""

from __future__ import annotations

import contextlib
import os
import sys
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Dict, Iterator
from uuid import uuid4

import pytest

from glacier.core.libraries import installed
from glacier.core.stores.objects import ObjectStore

__all__ = [
    "KINDS",
    "NEEDS",
    "azure_objects",
    "gcs_objects",
    "memory_objects",
    "memory_scheme",
    "objects_of",
    "open_memory",
    "s3_objects",
]

_memories: Dict[str, Any] = {}

# What stores are tried on besides folders: buckets of those servers that can run here. What is
# missing is told once, by a test of its own.
NEEDS = {
    "objects": installed("obstore"),
    "s3": installed("obstore") and installed("moto"),
    "gcs": installed("obstore"),
    "azurite": installed("obstore") and bool(os.environ.get("GLACIER_AZURITE")),
}
KINDS = [kind for kind, there in NEEDS.items() if there]


def objects_of(kind: str, request: pytest.FixtureRequest, *, bucket: str = "") -> ObjectStore:
    """An empty store of one of the kinds, or one in a bucket of that name."""
    if kind == "objects":
        return memory_objects(uuid4().hex)
    server = request.getfixturevalue(kind)
    opened = {"s3": s3_objects, "gcs": gcs_objects, "azurite": azure_objects}[kind]
    return opened(server.endpoint, bucket or server.bucket())


def memory_objects(name: str, *, prefix: str = "etl") -> ObjectStore:
    """A store in this process's memory, in which all of one name have the same."""
    return ObjectStore(f"memory://{name}/{prefix}", partial(_memory, name), prefix=prefix)


def s3_objects(endpoint: str, bucket: str, *, prefix: str = "etl") -> ObjectStore:
    """A store in a bucket of a server."""
    return ObjectStore(f"s3://{bucket}/{prefix}", partial(_s3, endpoint, bucket), prefix=prefix)


def open_memory(address: str) -> ObjectStore:
    """What an installed package makes of ``mem://bucket/prefix``."""
    bucket, _, prefix = address.partition("://")[2].partition("/")
    return ObjectStore(address, partial(_memory, bucket), prefix=prefix)


@contextlib.contextmanager
def memory_scheme(site: Path) -> Iterator[None]:
    """Let ``mem://`` be served, as by a distribution that is installed in a folder."""
    folder = site / "memory_buckets-1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: memory-buckets\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[glacier.stores]\nmem = object_stores:open_memory\n")
    sys.path.insert(0, str(site))
    try:
        yield
    finally:
        sys.path.remove(str(site))
        _memories.clear()


def _memory(name: str, _: float) -> Any:
    from obstore.store import MemoryStore

    return _memories.setdefault(name, MemoryStore())


def gcs_objects(endpoint: str, bucket: str, *, prefix: str = "etl") -> ObjectStore:
    """A store in a bucket of a server that speaks as Google's does."""
    connect = partial(_gcs, endpoint, bucket)
    return ObjectStore(f"gs://{bucket}/{prefix}", connect, prefix=prefix, generations=True)


def azure_objects(endpoint: str, bucket: str, *, prefix: str = "etl") -> ObjectStore:
    """A store in a container of Azurite."""
    return ObjectStore(f"az://{bucket}/{prefix}", partial(_azure, endpoint, bucket), prefix=prefix)


def _azure(endpoint: str, bucket: str, patience: float) -> Any:
    from azurite_server import ACCOUNT, KEY
    from obstore.store import AzureStore

    return AzureStore(
        bucket,
        config={"account_name": ACCOUNT, "account_key": KEY, "endpoint": f"{endpoint}/{ACCOUNT}"},
        client_options={"allow_http": True, "timeout": timedelta(seconds=patience)},
        retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=10)},
    )


def _gcs(endpoint: str, bucket: str, patience: float) -> Any:
    from obstore.store import GCSStore

    return GCSStore(
        bucket,
        config={"base_url": endpoint, "bearer_token": "test"},
        client_options={"allow_http": True, "timeout": timedelta(seconds=patience)},
        retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=10)},
    )


def _s3(endpoint: str, bucket: str, patience: float) -> Any:
    from obstore.store import S3Store

    return S3Store(
        bucket,
        endpoint=endpoint,
        region="us-east-1",
        access_key_id="test",
        secret_access_key="test",
        client_options={"allow_http": True, "timeout": timedelta(seconds=patience)},
        retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=10)},
    )
