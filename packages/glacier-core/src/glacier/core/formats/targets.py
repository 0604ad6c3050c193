"""What a format can be read as."""

from __future__ import annotations

from typing import Collection, Optional

from glacier.core.errors import UnfitTarget

__all__ = ["check_target"]

_OWN = {
    "json": ("object", "dict", "str", "bytes"),
    "ndjson": ("object", "dict", "str", "bytes"),
    "text": ("str", "object"),
    "bytes": ("bytes", "object"),
    "csv": ("object", "dict"),
    "parquet": ("object", "dict"),
    "npy": ("numpy.ndarray", "object"),
}


def check_target(name: str, kind: Optional[str], others: Collection[str] = ()) -> None:
    """Raise :class:`~glacier.core.errors.UnfitTarget` if the format does not give that kind."""
    own = _OWN[name]
    if kind is None or kind in own or kind in others:
        return
    offered = sorted({*others, *(one for one in own if "." in one)})
    mend = f"It can be read as {', '.join(offered)}." if offered else "Annotate with what it is."
    raise UnfitTarget(format=name, wanted=kind, mend=mend)
