"""Where one dataset lies: the same for files, tables and other people's data.

What a run writes is kept on a :class:`WritableShelf`; data of others are on a :class:`Shelf` that
can only be read.
"""

from __future__ import annotations

from typing import Any, Optional, Protocol, Sequence

from glacier.core.storage.records import Kept, Origin

__all__ = ["Shelf", "WritableShelf"]


class Shelf(Protocol):
    """Where one dataset is read. It holds addresses and no data, and can be pickled.

    All methods raise subclasses of :class:`~glacier.core.errors.GlacierError`.
    """

    @property
    def place(self) -> str:
        """Where it is, for people."""
        ...

    def latest(self) -> Optional[Kept]:
        """The newest state; ``None`` if there is none."""
        ...

    def at(self, version: str) -> Optional[Kept]:
        """The state of that version; ``None`` if there is none."""
        ...

    def read(self, version: str, *, wanted: Any = None, item: Optional[int] = None) -> Any:
        """The value of a version, or one item of a mapped one, as the type that is wanted."""
        ...


class WritableShelf(Shelf, Protocol):
    """Where one dataset is kept by the runs that make it."""

    @property
    def passes(self) -> bool:
        """Whether tasks that read it may be handed the value that was written, in place of what is
        stored: so for what is stored for a later run alone."""
        ...

    @property
    def database(self) -> Optional[str]:
        """The URL of the database that a commit writes to; ``None`` without one."""
        ...

    def find(self, fingerprint: str) -> Optional[Kept]:
        """The state that was made from the same code, parameters and inputs; ``None`` without."""
        ...

    def write(
        self, value: Any, origin: Origin, *, attempt: int = 1, item: Optional[int] = None
    ) -> Optional[Any]:
        """Store a value, or one item, where nobody finds it yet; returns what ``commit`` needs.

        ``None`` stands for a value that is not stored, which only a shelf that passes may refuse.
        """
        ...

    def commit(
        self, drafts: Sequence[Any], origin: Origin, *, attempt: int = 1, mapped: bool = False
    ) -> Optional[Kept]:
        """Make what was written the state of this run: of a value one draft, of a mapped one each
        item's."""
        ...

    def reuse(self, older: Kept, origin: Origin) -> Optional[Kept]:
        """Make an older state that of this run too; ``None`` if it has just been removed."""
        ...
