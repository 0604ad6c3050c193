"""Fan-out and fan-in, where peers are quadratic."""

from __future__ import annotations

from typing import Iterator

from benchmarks.bare import Serial, Threaded
from benchmarks.glaciers import Local
from benchmarks.graphs import fan
from benchmarks.measure import Timing, in_turns, micros
from benchmarks.sources import annotated
from benchmarks.suites.options import Options
from benchmarks.table import Row, ratio

_WIDTHS = {1_000: 15, 10_000: 7}
"""How many rounds for each width."""


def fans(_: Options) -> Iterator[Row]:
    """One worker beside the loop, and two and the default number beside a pool of two threads."""
    for width, rounds in _WIDTHS.items():
        source = annotated(fan(width))
        subjects = (
            Serial(source.graph, source.functions),
            Threaded(source.graph, source.functions, workers=2),
            Local(source, workers=1),
            Local(source, workers=2),
            Local(source),
        )
        tasks = len(source.graph)
        timings = in_turns(subjects, rounds=rounds)
        loop, pool, one, two, default = [_execute(found, tasks) for found in timings]
        label = source.graph.label
        yield ratio(f"{label}, one worker (n={rounds})", one, loop, "us", limit=None)
        yield ratio(f"{label}, two threads (n={rounds})", two, pool, "us", limit=None)
        yield ratio(f"{label}, default workers (n={rounds})", default, pool, "us", limit=None)


def _execute(timings: list[Timing], tasks: int) -> float:
    return micros([timing.execute for timing in timings], tasks)
