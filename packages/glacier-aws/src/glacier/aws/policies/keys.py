"""The ARNs of the objects that a run reads and writes, as patterns: ``versions`` lays them out.

In a pattern of IAM ``*`` is any text, with ``/`` in it too, and ``?`` any one character.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from glacier.aws.names import Bucket

if TYPE_CHECKING:
    from glacier.aws.account import Account

__all__ = ["RUN", "Foreign", "Objects", "foreign", "through_s3"]

RUN = "????????T??????.??????Z-??????"
"""The id of a run, ``20260131T120000.123456Z-9f3a1c``; by its length nothing else is meant."""

_MAGIC = re.compile(r"[*?[]")
_CLASS = re.compile(r"\[!?\]?[^]]*\]")
_S3 = "s3://"


class Objects(NamedTuple):
    """The objects of a pipeline in one bucket."""

    bucket: Bucket
    pipeline: str
    partition: str

    def arn(self, key: str) -> str:
        """The ARN of the objects under a key."""
        return f"arn:{self.partition}:s3:::{self.bucket.name}/{self.bucket.path(key)}"

    def versions(self, dataset: str) -> tuple[str, str]:
        """The records and the files of the versions of a dataset, and no pointer to any."""
        below = f"{self.pipeline}/{dataset}/_/*"
        return self.arn(f"{below}/version.json"), self.arn(f"{below}/data-*")

    def record(self, dataset: str) -> str:
        """The records of the versions of a dataset; of all with ``*``."""
        return self.arn(f"{self.pipeline}/{dataset}/_/*/version.json")

    def latest(self, dataset: str) -> str:
        """The pointer to the newest version of a dataset."""
        return self.arn(f"{self.pipeline}/{dataset}/_/latest.json")

    def whole(self, dataset: str) -> str:
        """All that is kept of a dataset."""
        return self.arn(f"{self.pipeline}/{dataset}/_/*")

    def run(self, name: str) -> str:
        """A record of each run, by what follows its id."""
        return self.arn(f"_runs/{RUN}{name}")


class Foreign(NamedTuple):
    """The objects that an address of somebody else's bucket names.

    ``prefix`` is what is listed to find them, ``None`` where nothing is.
    """

    bucket: str
    objects: str
    prefix: str | None


def foreign(address: str, partition: str) -> Foreign | None:
    """The objects of an address; ``None`` for one that is not in a bucket of S3.

    They are those that ``external.buckets`` looks for: a folder ends with ``/``, and a pattern is
    matched by the listing of the folders that come before it.
    """
    if not address.startswith(_S3):
        return None
    bucket, _, key = address[len(_S3) :].partition("/")
    stem = f"arn:{partition}:s3:::{bucket}"
    if not _MAGIC.search(key):
        is_folder = not key or key.endswith("/")
        return Foreign(stem, f"{stem}/{key}*" if is_folder else f"{stem}/{key}", _above(key))
    pattern = re.sub(r"\*\*/?", "*", _CLASS.sub("?", key))
    return Foreign(stem, f"{stem}/{pattern}", "/".join([*_plain(key), ""]))


def _above(key: str) -> str | None:
    return key.rstrip("/") + "/" if key.endswith("/") else None if key else ""


def _plain(key: str) -> Iterator[str]:
    """The folders of a pattern before the first that is one itself."""
    for name in key.split("/"):
        if _MAGIC.search(name):
            return
        yield name


def through_s3(account: Account) -> dict[str, Any]:
    """The condition that a key is used by S3 on somebody's behalf, and not by himself."""
    suffix = "amazonaws.com.cn" if account.partition == "aws-cn" else "amazonaws.com"
    return {"StringEquals": {"kms:ViaService": f"s3.{account.region}.{suffix}"}}
