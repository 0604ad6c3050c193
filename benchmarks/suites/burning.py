"""Whether worker processes make pure Python faster, their start included."""

from __future__ import annotations

import json
from statistics import median
from typing import Iterator

from benchmarks.children.burning import TASKS, calibrate
from benchmarks.measure import python
from benchmarks.suites.options import Options
from benchmarks.table import Row

_SECONDS = 0.3
_ROUNDS = 11
_WORKERS = 2
_LIMIT = 1.85


def burning(_: Options) -> Iterator[Row]:
    """How many times faster than one after the other; how much a spawned pool is, and how much the
    processors allow: a pool that had started before."""
    rounds = calibrate(_SECONDS)
    taken: dict[str, list[float]] = {"serial": [], "started": [], "bare": [], "glacier": []}
    for number in range(_ROUNDS):
        for how in taken if number % 2 else reversed(taken):
            command = ("-m", "benchmarks.child", "burning", how, str(rounds), str(_WORKERS))
            taken[how].append(json.loads(python(*command)))
    serial, started, bare, glacier = (median(values) for values in taken.values())
    times = serial / glacier
    yield Row(
        f"{TASKS} tasks of {serial / TASKS:.2f} s in {_WORKERS} processes (n={_ROUNDS})",
        f"{glacier:.3g} s, {times:.2f} x faster",
        f"{bare:.3g} s, {serial / bare:.2f} x faster",
        f"{glacier / bare:.2f} x",
        f">= {_LIMIT:g} x faster",
        times >= _LIMIT,
    )
    yield Row(
        "the same in processes that have started",
        "",
        f"{started:.3g} s, {serial / started:.2f} x faster",
        f"{glacier - started:+.2g} s, {glacier / started:.2f} x",
    )
