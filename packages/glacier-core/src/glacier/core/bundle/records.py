"""What a bundle is made for and of."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, NamedTuple, Optional, Tuple, Union

__all__ = ["Bundle", "Entry", "Limits", "Missing", "Part", "Platform"]


class Platform(NamedTuple):
    """Where a bundle runs: a Linux with CPython.

    ``python`` is such as ``"3.13"``, ``machine`` ``"x86_64"`` or ``"aarch64"``, ``glibc`` the
    version of its C library, which says what wheels it takes. ``provided`` are top-level modules
    that are there without being in the bundle.
    """

    python: str
    machine: str
    glibc: Tuple[int, int] = (2, 34)
    provided: Tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"Python {self.python} on Linux, {self.machine}"


class Limits(NamedTuple):
    """What a cloud takes, in bytes: ``unzipped`` at most, and zipped above ``direct`` only through
    a bucket. ``of`` names whose limits they are, for messages."""

    of: str
    unzipped: int
    direct: int


class Entry(NamedTuple):
    """One file of a bundle: its path in it, with slashes, and its contents or where they are.

    ``part`` says to which part it belongs: user code has ``""``, a distribution its name.
    """

    path: str
    source: Union[Path, bytes]
    part: str
    is_executable: bool = False

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.source) if isinstance(self.source, bytes) else self.source.stat().st_size


class Part(NamedTuple):
    """A part of a bundle and its unzipped size in bytes; the user's own code has no version."""

    name: str
    version: str
    size: int


class Missing(NamedTuple):
    """A module that a bundled file imports when it is loaded, and that nothing provides."""

    module: str
    file: str
    line: int


class Bundle(NamedTuple):
    """An archive that is ready for a cloud.

    ``sha256`` is that of the archive, in hexadecimal; ``size`` its size and ``unzipped`` that of
    its contents, in bytes; ``packages`` its parts, the largest first. ``notes`` says what was left
    out or decided, ``missing`` which imports will fail. ``is_direct`` tells whether it is small
    enough to be uploaded without a bucket.
    """

    path: str
    sha256: str
    size: int
    unzipped: int
    packages: Tuple[Part, ...]
    notes: Tuple[str, ...] = ()
    missing: Tuple[Missing, ...] = ()
    limits: Optional[Limits] = None

    @property
    def is_direct(self) -> bool:
        return self.limits is None or self.size <= self.limits.direct

    def to_json(self) -> Dict[str, Any]:
        """The same as plain data."""
        return {
            "path": self.path,
            "sha256": self.sha256,
            "size": self.size,
            "unzipped": self.unzipped,
            "packages": [part._asdict() for part in self.packages],
            "notes": list(self.notes),
            "missing": [one._asdict() for one in self.missing],
            "limits": None if self.limits is None else self.limits._asdict(),
        }

    def __str__(self) -> str:
        from glacier.core.bundle.report import text_of

        return text_of(self)
