"""Errors of stores and of the versions that are kept in them."""

from __future__ import annotations

from typing import Optional

from glacier.core.errors._base import GlacierError

__all__ = [
    "CannotPublish",
    "InvalidKey",
    "KeyChanged",
    "KeyExists",
    "KeyMissing",
    "StoreDenied",
    "StoreError",
    "StoreFull",
    "StoreGone",
    "VersionDamaged",
    "VersionError",
    "VersionMissing",
]


class StoreError(GlacierError):
    """A store that cannot do what it was asked to; ``where`` is the address of the key or folder.

    Subclasses give the reason and what mends it.
    """

    def __init__(self, *, where: str, reason: str, mend: str = "") -> None:
        self.where = where
        self.reason = reason
        self.mend = mend
        super().__init__(f"{where}: {reason}.{f' {mend}' if mend else ''}")


class InvalidKey(StoreError):
    """A key that is not one, or that leads out of its store."""

    def __init__(self, *, key: object, where: str, reason: str) -> None:
        super().__init__(
            where=where,
            reason=f"{key!r} is not a key, because {reason}",
            mend="A key is a relative path: names joined by '/', none of them '.' or '..'.",
        )


class KeyMissing(StoreError):
    """A key under which nothing is stored."""

    def __init__(self, *, where: str) -> None:
        super().__init__(
            where=where,
            reason="there is nothing",
            mend="It was never written, or it has been deleted.",
        )


class KeyExists(StoreError):
    """A key that was to be created and is there already; what is there is as it was."""

    def __init__(self, *, where: str) -> None:
        super().__init__(
            where=where,
            reason="it is there already, and is created only once",
            mend="Read what is there instead.",
        )


class KeyChanged(StoreError):
    """A key that was to be replaced and is no longer what it was; it is left as it is."""

    def __init__(self, *, where: str, expected: str, found: Optional[str]) -> None:
        now = "it is gone" if found is None else f"it is {found} now"
        super().__init__(
            where=where,
            reason=f"it was to be replaced as {expected}, and {now}",
            mend="Another process was faster: read it again.",
        )


class StoreDenied(StoreError):
    """A store that may not be written, or not be read."""

    def __init__(self, *, where: str, doing: str, reason: str) -> None:
        super().__init__(
            where=where,
            reason=f"{doing} is not allowed ({reason})",
            mend="Give this user the right to do so, or name another place.",
        )


class StoreFull(StoreError):
    """A store without room for what was to be written; nothing of it was stored."""

    def __init__(self, *, where: str, reason: str) -> None:
        super().__init__(
            where=where,
            reason=f"there is no room to write it ({reason})",
            mend="Make room ('glacier gc' removes versions that nothing needs), or name another "
            "place; then run again.",
        )


class StoreGone(StoreError):
    """A store whose folder was deleted or moved while it was in use, or that has no bucket."""

    def __init__(
        self,
        *,
        where: str,
        reason: str = "the folder was deleted or moved while it was in use",
        mend: str = "Run again: it will be made anew.",
    ) -> None:
        super().__init__(where=where, reason=reason, mend=mend)


class VersionError(GlacierError):
    """A stored version that cannot be used."""


class VersionMissing(VersionError):
    """A version that is not there; ``what`` names it, ``where`` is the address of its record."""

    def __init__(self, *, what: str, where: str) -> None:
        super().__init__(
            f"{what} is not there: {where} is missing. It was never completed, or has been "
            "removed. Run the task that makes it, or name another version."
        )


class VersionDamaged(VersionError):
    """A file of a version that is not what its record says."""

    def __init__(self, *, what: str, file: str, expected: str, found: str) -> None:
        self.file = file
        super().__init__(
            f"{what} is damaged: {file} should be {expected}, but {found}. It was changed or cut "
            "after it was written. Restore the file, or run the task that makes it again."
        )


class CannotPublish(VersionError):
    """A version that cannot be published at an address."""

    def __init__(self, *, what: str, target: str, reason: str, mend: str) -> None:
        super().__init__(f"{what} cannot be published as {target}: {reason}. {mend}")
