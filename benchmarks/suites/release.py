"""Whether a value is gone once its last reader has it."""

from __future__ import annotations

import json
from typing import Iterator

from benchmarks.measure import python
from benchmarks.suites.options import Options
from benchmarks.table import Row, figure

_LIMIT_MIB = 260.0


def release(_: Options) -> Iterator[Row]:
    """The peak of resident memory above that of an interpreter which does nothing."""
    interpreter = _peak("nothing")
    for what, ours, theirs, limit in (
        ("20 tasks of 100 MiB in a chain, default workers", "chain", "chain-bare", _LIMIT_MIB),
        ("two such chains of 10 side by side, two threads", "chains", "chains-bare", None),
    ):
        bare = _peak(theirs) - interpreter
        yield figure(what, _peak(ours) - interpreter, "MiB", bare=bare, limit=limit)


def _peak(what: str) -> float:
    peak: float = json.loads(python("-m", "benchmarks.child", "release", what))
    return peak
