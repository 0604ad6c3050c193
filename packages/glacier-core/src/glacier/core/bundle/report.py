"""A bundle as text, for people."""

from __future__ import annotations

from typing import List, Tuple

from glacier.core.bundle.records import Bundle

__all__ = ["YOUR_FILES", "text_of"]

YOUR_FILES = "your own files"
_SHOWN = 12


def text_of(bundle: Bundle) -> str:
    """Its size, its largest parts, and what somebody should know about what is in it."""
    zipped, unzipped = _megabytes(bundle.size), _megabytes(bundle.unzipped)
    out = [f"Bundle of {zipped}, {unzipped} unzipped{_of_limits(bundle)}", f"  {bundle.path}"]
    rows = [(_named(part.name, part.version), part.size) for part in bundle.packages[:_SHOWN]]
    rest = bundle.packages[_SHOWN:]
    if rest:
        rows.append((f"{len(rest)} more", sum(part.size for part in rest)))
    out += _table(rows)
    out += [f"Note: {note}" for note in bundle.notes]
    for one in bundle.missing:
        out.append(
            f"Warning: {one.file}, line {one.line}, imports {one.module}, which nothing in the "
            "bundle provides. Add it to the requirements."
        )
    return "".join(f"{line}\n" for line in out)


def _of_limits(bundle: Bundle) -> str:
    if bundle.limits is None:
        return ""
    how = "" if bundle.is_direct else "; too large to be uploaded but through a bucket"
    return f" of {_megabytes(bundle.limits.unzipped)} that {bundle.limits.of} takes{how}"


def _named(name: str, version: str) -> str:
    return f"{name} {version}" if version else name


def _table(rows: List[Tuple[str, int]]) -> List[str]:
    width = max([len(name) for name, _ in rows], default=0)
    return [f"  {name:{width}}  {_megabytes(size):>9}" for name, size in rows]


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size / 1e3:.1f} kB"
