"""What the name of a file tells: its format, and how it is packed."""

from __future__ import annotations

from typing import Iterable, Optional, Tuple

from glacier.core.formats.choice import name_of_path

__all__ = ["PACKED", "format_of", "unpacked_name"]

PACKED = (".gz", ".bz2", ".xz", ".zst")


def unpacked_name(name: str) -> Tuple[str, Optional[str]]:
    """A name without the ending of a packed file, and that ending, ``None`` if it has none."""
    ending = next((one for one in PACKED if name.lower().endswith(one)), None)
    return (name, None) if ending is None else (name[: -len(ending)], ending)


def format_of(names: Iterable[str]) -> Optional[str]:
    """The format that all of these names tell; ``None`` if they tell none, or several."""
    found = {name_of_path(unpacked_name(name)[0]) for name in names}
    return found.pop() if len(found) == 1 else None
