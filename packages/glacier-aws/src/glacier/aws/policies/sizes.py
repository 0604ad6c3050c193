"""What a role can hold: 10,240 characters of its own, then policies of 6,144 that are attached."""

from __future__ import annotations

import json
import warnings
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from glacier.aws.policies.documents import Document, document_of
from glacier.core.protocols import CannotDeploy, GlacierWarning

__all__ = ["INLINE", "Attached", "attached", "check_roles", "shortened", "size_of"]

INLINE = 10_240  # characters of all policies in a role, without white space
_MANAGED = 6_144  # of a policy of its own
_MOST = 9  # policies that can be attached to a role, and one more, for functions in a network
_ROLES = 1_000  # of an account, unless AWS has raised it

_RECORD, _DATA = "/version.json", "/data-*"


class Attached(NamedTuple):
    """What a role is given: the policy in it, and those that are attached to it."""

    inline: Document
    managed: tuple[Document, ...] = ()


def size_of(document: Document) -> int:
    """The characters that AWS counts of a document."""
    return len(json.dumps(document, separators=(",", ":")))


def shortened(document: Document) -> Document:
    """The same, said shorter if it is too long for a role.

    Records and files of a dataset's versions become one pattern, which covers its pointers by
    fingerprint too, but not the one to the newest version.
    """
    if size_of(document) <= INLINE:
        return document
    return document_of(
        {**one, "Resource": list(_together(one["Resource"]))} for one in document["Statement"]
    )


def _together(resources: Collection[str]) -> Iterator[str]:
    known = frozenset(resources)
    for resource in resources:
        stem, mark, _ = resource.rpartition(_RECORD)
        if mark and f"{stem}{_DATA}" in known:
            yield f"{stem}/*"
        elif not (resource.endswith(_DATA) and resource[: -len(_DATA)] + _RECORD in known):
            yield resource


def attached(document: Document, *, role: str) -> Attached:
    """A document as a role can hold it: in it as far as that goes, and the rest beside.

    Raises :class:`~glacier.core.errors.CannotDeploy` for one that is too long for both.
    """
    pieces = list(_pieces(document))
    if len(pieces) > _MOST + 1:
        raise CannotDeploy(
            target=f"role {role!r}",
            reason=f"its policy has {size_of(document):,} characters, and AWS takes {INLINE:,} in "
            f"a role and {_MOST} policies of {_MANAGED:,} beside",
            mend="Let a task read and write fewer datasets, put fewer tasks in one group=, or keep "
            "datasets in fewer storages.",
        )
    return Attached(pieces[0], tuple(pieces[1:]))


def _pieces(document: Document) -> Iterator[Document]:
    """Documents that are short enough, each with statements or parts of them."""
    statements: list[dict[str, Any]] = []
    used, most = size_of(document_of([])), INLINE
    for one in document["Statement"]:
        frame = size_of({**one, "Resource": []}) + 1
        opened = False
        for resource in one["Resource"]:
            more = len(json.dumps(resource)) + 1 + (0 if opened else frame)
            if used + more > most and statements:
                yield document_of(statements)
                statements, used, most, opened = [], size_of(document_of([])), _MANAGED, False
                more = len(json.dumps(resource)) + 1 + frame
            if not opened:
                statements.append({**one, "Resource": []})
                opened = True
            statements[-1]["Resource"].append(resource)
            used += more
    yield document_of(statements)


def check_roles(roles: Collection[str], *, pipeline: str) -> None:
    """Warn of more roles than an account has unless AWS has raised that."""
    if len(roles) > _ROLES:
        warnings.warn(
            f"pipeline {pipeline!r} needs {len(roles):,} roles, and an account of AWS has "
            f"{_ROLES:,} at first: let tasks that may do the same share one, by group=, or have "
            "the quota raised (IAM, 'Roles per account', up to 5,000)",
            GlacierWarning,
            stacklevel=3,
        )
