"""Where the datasets of a pipeline are on AWS, and why some could not be read there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from glacier.aws.types import ADOPTS
from glacier.core.protocols import Database, External, ObjectStorage, ObjectStorageSpec

if TYPE_CHECKING:
    from glacier.aws.account import Account
    from glacier.core.protocols import Dataset, PipelineParts

__all__ = ["Place", "objections_to", "places_of"]

_S3 = "s3://"


class Place(NamedTuple):
    """A bucket, the prefix of all keys in it, and the ARN of its key of KMS.

    ``bucket`` is known when the program runs, or only to the cloud: an output.
    """

    bucket: Any
    prefix: str = ""
    key: str = ""


def places_of(parts: PipelineParts, account: Account) -> Mapping[str, Place]:
    """The places of the datasets that are not in the workspace."""
    found: dict[str, Place] = {}
    for name, dataset in parts.datasets.items():
        storage = dataset.keeping.storage
        if name in parts.natives:
            found[name] = Place(parts.natives[name].bucket, key=_key(dataset, account))
        elif isinstance(storage, ObjectStorage) and storage.url is not None:
            bucket, _, prefix = storage.url[len(_S3) :].partition("/")
            found[name] = Place(bucket, prefix.strip("/"))
    return found


def objections_to(parts: PipelineParts) -> Iterator[str]:
    """Why datasets could not be read or written by the tasks, as sentences."""
    for name, dataset in parts.datasets.items():
        problem = _problem(dataset)
        if problem is not None:
            yield f"dataset {name!r} ({dataset.place}) {problem}"


def _key(dataset: Dataset, account: Account) -> str:
    """The ARN of the key that a bucket is declared with, which may be the id of one."""
    spec = None if dataset.resource is None else dataset.resource.spec
    key = spec.encryption if isinstance(spec, ObjectStorageSpec) else None
    if key is None or key.startswith("arn:"):
        return key or ""
    return f"arn:{account.partition}:kms:{account.region}:{account.account}:key/{key}"


def _problem(dataset: Dataset) -> str | None:
    storage, resource = dataset.keeping.storage, dataset.resource
    if resource is not None and resource.token:
        kind = ADOPTS.get(resource.token)
        if kind is None:
            cloud = resource.token.partition(":")[0]
            return f"is kept in {cloud}, where functions of AWS have no identity"
        if kind == "database":
            return _database(resource.name)
        return None
    if isinstance(storage, Database):
        return _database(storage.name)
    if resource is not None:
        key = resource.spec.encryption if isinstance(resource.spec, ObjectStorageSpec) else None
        if key is not None and key.startswith("alias/"):
            return (
                f"is in a bucket with key {key!r}: give the key's id or ARN, for policies name it"
            )
        return None
    if isinstance(storage, External):
        return _external(storage)
    if isinstance(storage, ObjectStorage):
        return _storage(storage)
    return None


def _database(name: str) -> str:
    return (
        f"is kept in database {name!r}, and functions keep datasets in object storage alone so far:"
        " keep it in env.object_storage('…'), by env.bind({…}) for this environment alone"
    )


def _external(storage: External) -> str | None:
    scheme, mark, _ = storage.address.partition("://")
    if not mark or scheme == "file":
        return f"is {storage!r}, a file of this machine: put it into a bucket, 's3://…'"
    if scheme not in ("http", "https", "s3"):
        return f"is {storage!r}: functions read from 's3://…', 'https://…' and 'http://…'"
    return None


def _storage(storage: ObjectStorage) -> str | None:
    if storage.url is None:
        mend = f"declare env.object_storage({storage.name!r}), or give it a url='s3://…'"
        return f"is kept in {storage!r}, which is nowhere in a cloud: {mend}"
    if not storage.url.startswith(_S3):
        return f"is kept at {storage.url}, where functions of AWS have no identity: use 's3://…'"
    return None
