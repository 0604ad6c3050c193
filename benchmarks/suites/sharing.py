"""What it costs to hand large values to worker processes."""

from __future__ import annotations

import json
from importlib.util import find_spec
from statistics import median
from typing import Iterator

from benchmarks.children.sharing import CONSUMERS, NUMBERS
from benchmarks.measure import python
from benchmarks.suites.options import Options
from benchmarks.table import Row, figure, ratio

_ROUNDS = 5
_WORKERS = 2
_LIMIT_TIMES = 1.5
_LIMIT_DATA = 3.0
_DATA_MIB = 2 * 8 * NUMBERS / 2**20


def sharing(_: Options) -> Iterator[Row]:
    """Seconds and memory beside those of a pool with named shared memory."""
    if find_spec("numpy") is None or find_spec("pyarrow") is None:
        yield Row("numpy and pyarrow are not installed", "")
        return
    seconds: dict[str, list[float]] = {"bare": [], "glacier": []}
    for number in range(_ROUNDS + 1):  # the first puts the libraries into the file cache
        for how in seconds if number % 2 else reversed(seconds):
            taken = _measure(how, "seconds")
            if number:
                seconds[how].append(taken)
    bare, glacier = median(seconds["bare"]), median(seconds["glacier"])
    what = f"{_DATA_MIB:.0f} MiB, an array and a table, to {CONSUMERS} tasks each (n={_ROUNDS})"
    yield ratio(what, glacier, bare, "s", limit=_LIMIT_TIMES)
    yield figure(
        "memory of all processes together (PSS)",
        _measure("glacier", "pss"),
        "MiB",
        bare=_measure("bare", "pss"),
        limit=round(_LIMIT_DATA * _DATA_MIB),
    )


def _measure(how: str, measure: str) -> float:
    command = ("-m", "benchmarks.child", "sharing", how, measure, str(_WORKERS))
    found: float = json.loads(python(*command))
    return found
