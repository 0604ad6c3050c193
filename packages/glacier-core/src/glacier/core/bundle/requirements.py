"""Requirements as a bundle takes them: lines for a resolver, without what runs elsewhere."""

from __future__ import annotations

import re
from typing import List, NamedTuple, Sequence, Tuple

__all__ = ["GLACIERS", "Requirements", "distribution_name", "is_left_out", "without_deployment"]

GLACIERS: Sequence[str] = (
    "glacier-aws",
    "glacier-azure",
    "glacier-dask",
    "glacier-gcp",
    "glacier-local",
    "glacier-pipeline",
)

_NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)")


class Requirements(NamedTuple):
    """What a pipeline needs: ``lines`` in the form of ``requirements.txt``.

    ``options`` are lines for the resolver itself, such as ``--index-url``, ``constraints`` narrow
    down versions, ``excluded`` are names of what is not wanted although something requires it,
    ``origin`` says where all this stands, and ``notes`` what was decided.
    """

    lines: Tuple[str, ...] = ()
    options: Tuple[str, ...] = ()
    constraints: Tuple[str, ...] = ()
    excluded: Tuple[str, ...] = ()
    origin: str = ""
    notes: Tuple[str, ...] = ()


def distribution_name(line: str) -> str:
    """The name that a requirement begins with, as package indexes compare it, or ``""``."""
    found = _NAME.match(line)
    return re.sub(r"[-_.]+", "-", found[1]).lower() if found else ""


def without_deployment(requirements: Requirements) -> Requirements:
    """The same without Glacier's own packages, which are copied, and without Pulumi's, which
    nothing needs where tasks run."""
    lines: List[str] = []
    dropped: List[str] = []
    for line in requirements.lines:
        name = distribution_name(line)
        (dropped if is_left_out(name) else lines).append(line)
    if not dropped:
        return requirements
    names = ", ".join(sorted({distribution_name(line) for line in dropped}))
    note = f"not installed from {requirements.origin}: {names} (Glacier's own files are copied)"
    return requirements._replace(lines=tuple(lines), notes=(*requirements.notes, note))


def is_left_out(name: str, excluded: Sequence[str] = ()) -> bool:
    """Whether a bundle holds no distribution of that name from an index."""
    return name in (*GLACIERS, *excluded) or name == "pulumi" or name.startswith("pulumi-")
