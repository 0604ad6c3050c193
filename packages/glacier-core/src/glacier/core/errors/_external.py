"""Errors about data under somebody else's keys; none of them ever holds a password."""

from __future__ import annotations

from glacier.core.errors._base import GlacierError

__all__ = [
    "ChangedExternal",
    "ExternalError",
    "InvalidExternal",
    "MissingExternal",
    "UnreachableExternal",
]


class ExternalError(GlacierError):
    """External data that cannot be found or read."""

    def __init__(self, *, address: str, reason: str, mend: str) -> None:
        super().__init__(f"External({address!r}): {reason}. {mend}")


class InvalidExternal(ExternalError):
    """An address that names nothing that can be read here, or whose format is not known."""


class MissingExternal(ExternalError):
    """An address at which there is nothing."""


class UnreachableExternal(ExternalError):
    """An address that does not answer, or lets nobody in."""


class ChangedExternal(ExternalError):
    """External data that is no longer what it was when the run began."""
