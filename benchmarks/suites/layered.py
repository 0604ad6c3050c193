"""The pool's path: tasks that have others to run beside."""

from __future__ import annotations

from statistics import median
from typing import Iterator

from benchmarks.bare import Threaded
from benchmarks.glaciers import Local
from benchmarks.graphs import layers
from benchmarks.measure import in_turns, micros
from benchmarks.sources import annotated
from benchmarks.suites.options import Options
from benchmarks.table import Row, ratio

_PAIRS = 20
_WORKERS = 2
_LIMIT = 2.0
_AIM = 1.4


def layered(_: Options) -> Iterator[Row]:
    """``LocalExecutor(workers=2)`` beside graphlib and a pool of two threads, pair by pair."""
    source = annotated(layers(20, 50))
    subjects = (
        Threaded(source.graph, source.functions, workers=_WORKERS),
        Local(source, workers=_WORKERS),
    )
    timings = in_turns(subjects, rounds=_PAIRS)
    bare, glacier = [[timing.execute for timing in found] for found in timings]
    times = median(ours / theirs for ours, theirs in zip(glacier, bare))
    tasks = len(source.graph)
    row = ratio(
        f"{source.graph.label}, {_WORKERS} threads ({_PAIRS} pairs)",
        micros(glacier, tasks),
        micros(bare, tasks),
        "us",
        limit=_LIMIT,
        times=times,
    )
    yield row.aiming(f"{_AIM:g} x", times <= _AIM)
