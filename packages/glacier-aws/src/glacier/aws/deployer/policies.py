"""Policy documents for the identity that deploys."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from glacier.aws.account import Account
from glacier.aws.deployer.table import NEEDS, Need
from glacier.aws.policies.documents import Allowed, Document, document_of

if TYPE_CHECKING:
    from glacier.core.protocols import Location, Registered

__all__ = ["DeployerPolicies", "deployer_policies"]

_LARGEST = 6144  # characters of a managed policy, without those that are white
_OURS = ("glacier:", "pulumi:")
_BUCKET = "aws:s3/bucket:Bucket"
_COMPUTED = "<computed>"
_HOLE = re.compile(r"\{(\w+)\}")


class DeployerPolicies(NamedTuple):
    """``documents`` are managed policies of the identity that deploys; of the resources in
    ``unknown``, by type and name, no actions are known."""

    documents: Sequence[Document]
    unknown: Sequence[str]


def deployer_policies(rows: Sequence[Registered], location: Location) -> DeployerPolicies:
    """What who deploys these resources must be allowed; a name that only the cloud will know is
    ``*``.

    Where a role has a permissions boundary, roles may be made with that one alone.
    """
    buckets = [str(row.properties.get("bucket", "*")) for row in rows if row.type == _BUCKET]
    account = Account(location.account, location.region or "us-east-1")
    known = {
        "partition": account.partition,
        "region": account.region,
        "account": account.account,
    }
    allowed = Allowed()
    unknown: list[str] = []
    for row in rows:
        if row.type.startswith(_OURS):
            continue
        if row.type not in NEEDS:
            unknown.append(f"{row.type} {row.name}")
            continue
        for need in NEEDS[row.type]:
            resources = list(_resources(need, row.properties, known, buckets))
            for actions, condition in _conditions(need, row.properties):
                allowed.add(actions, resources, condition)
    return DeployerPolicies(list(_sized(allowed.document()["Statement"])), sorted(unknown))


def _resources(
    need: Need, properties: Mapping[str, Any], known: Mapping[str, str], buckets: Sequence[str]
) -> Iterator[str]:
    own = properties.get("bucket")
    several = [own] if isinstance(own, str) and own != _COMPUTED else buckets

    def fill(bucket: str) -> str:
        told = {**properties, **known, "bucket": bucket}
        return _HOLE.sub(lambda hole: _text(told.get(hole[1])), need.on)

    yield from dict.fromkeys(fill(bucket) for bucket in (several if "{bucket}" in need.on else "*"))


def _text(value: object) -> str:
    return value if isinstance(value, str) and value != _COMPUTED else "*"


_BOUNDED = ("iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary",
            "iam:PutRolePolicy")  # fmt: skip


def _conditions(
    need: Need, properties: Mapping[str, Any]
) -> Iterator[tuple[Iterable[str], Mapping[str, Any] | None]]:
    """The actions of a need, each with what they are allowed on."""
    if need.passed:
        yield need.actions, {"StringEquals": {"iam:PassedToService": list(need.passed)}}
        return
    boundary = properties.get("permissionsBoundary")
    bounded = [one for one in need.actions if one in _BOUNDED] if boundary else []
    if bounded:
        yield bounded, {"StringEquals": {"iam:PermissionsBoundary": boundary}}
    yield [one for one in need.actions if one not in bounded], None


def _sized(statements: Iterable[Mapping[str, Any]]) -> Iterator[Document]:
    """Documents of these statements, none too large for a managed policy."""
    held: list[Mapping[str, Any]] = []
    for statement in statements:
        for part in _parts(statement):
            if held and _size(document_of([*held, part])) > _LARGEST:
                yield document_of(held)
                held = []
            held.append(part)
    if held:
        yield document_of(held)


def _parts(statement: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A statement, cut by its resources where it alone is too large."""
    resources: Sequence[str] = statement["Resource"]
    if _size(document_of([statement])) <= _LARGEST or len(resources) == 1:
        yield statement
        return
    middle = len(resources) // 2
    for half in (resources[:middle], resources[middle:]):
        yield from _parts({**statement, "Resource": list(half)})


def _size(document: Document) -> int:
    return len(json.dumps(document, separators=(",", ":")))
