"""Stores over obstore for tests: in memory, and in buckets of moto's S3."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any, Dict

from glacier.core.stores.objects import ObjectStore

__all__ = ["memory_objects", "s3_objects"]

_memories: Dict[str, Any] = {}


def memory_objects(name: str, *, prefix: str = "etl") -> ObjectStore:
    """A store in this process's memory, in which all of one name have the same."""
    return ObjectStore(f"memory://{name}/{prefix}", partial(_memory, name), prefix=prefix)


def s3_objects(endpoint: str, bucket: str, *, prefix: str = "etl") -> ObjectStore:
    """A store in a bucket of a server."""
    return ObjectStore(f"s3://{bucket}/{prefix}", partial(_s3, endpoint, bucket), prefix=prefix)


def _memory(name: str, _: float) -> Any:
    from obstore.store import MemoryStore

    return _memories.setdefault(name, MemoryStore())


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
