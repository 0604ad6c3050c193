"""What is known of a stored state of a dataset, and of where a new one comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, NamedTuple, Optional, Tuple

if TYPE_CHECKING:
    from glacier.core.versions import Reference

__all__ = ["Kept", "Origin"]


class Kept(NamedTuple):
    """A state of a dataset that is stored.

    ``content`` is a hash that is equal only for equal values. ``created`` is when the values were
    made, in seconds since the epoch. ``items`` is how many parts a mapped one has, ``None`` for one
    that was written as a whole. ``fingerprint`` and ``recipe`` are those that it was made by.
    ``kind`` is what the value was (see :mod:`glacier.core.formats.kinds`), ``rows`` how many it
    has. ``size`` in bytes and ``place`` are for people, as far as they are known.
    """

    reference: Reference
    content: Optional[str]
    created: float = 0.0
    items: Optional[int] = None
    fingerprint: Optional[str] = None
    recipe: Optional[Mapping[str, Any]] = None
    kind: str = ""
    rows: Optional[int] = None
    size: Optional[int] = None
    place: str = ""

    @property
    def version(self) -> str:
        """The id of the version."""
        return self.reference.version


class Origin(NamedTuple):
    """Where what a call writes comes from: noted beside it.

    ``inputs`` are the versions that the task reads, and those from which was made what it reads
    from memory. ``recipe`` is what the fingerprint was made of,
    part by part.
    """

    run: str
    task: str
    fingerprint: Optional[str] = None
    inputs: Tuple[Reference, ...] = ()
    recipe: Optional[Mapping[str, Any]] = None
