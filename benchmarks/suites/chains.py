"""A chain: nothing but the cost of running one task after the other."""

from __future__ import annotations

from time import process_time
from typing import Iterator

from benchmarks.bare import Serial
from benchmarks.glaciers import Local
from benchmarks.graphs import chain
from benchmarks.measure import WrongResult, in_turns, micros
from benchmarks.sources import annotated
from benchmarks.suites.options import Options
from benchmarks.table import Row, difference
from glacier.core import Event

_TASKS = 10_000
_ROUNDS = 15
_LIMIT_US = 8.0
_LIMIT_LISTENED_US = 14.0
_AIM_US = 6.3  # the whole of it, which is what Hamilton takes


class _Counter:
    """The least that a listener can do."""

    def __init__(self) -> None:
        self.events = 0

    def __call__(self, _: Event) -> None:
        self.events += 1


def chains(_: Options) -> Iterator[Row]:
    """The first execution of a planned chain, without and with a listener."""
    source = annotated(chain(_TASKS))
    counter = _Counter()
    subjects = (
        Serial(source.graph, source.functions),
        Local(source),
        Local(source, listeners=[counter]),
    )
    timings = in_turns(subjects, rounds=_ROUNDS, clock=process_time)
    expected = (_ROUNDS + 1) * (2 * _TASKS + 2)
    if counter.events != expected:
        raise WrongResult("the listener", counter.events, expected)
    bare, plain, listened = [micros([t.execute for t in found], _TASKS) for found in timings]
    what = f"chain of {_TASKS:,}, execute per task (n={_ROUNDS})"
    row = difference(what, plain, bare, "us", limit=_LIMIT_US)
    yield row.aiming(f"{_AIM_US:g} us in all", plain <= _AIM_US)
    yield difference("the same with one listener", listened, bare, "us", limit=_LIMIT_LISTENED_US)
