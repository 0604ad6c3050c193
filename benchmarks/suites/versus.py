"""The rows of the peers' table: each library's build and execution on the same workloads."""

from __future__ import annotations

from typing import Iterator

from benchmarks.bare import Serial, Threaded
from benchmarks.glaciers import Local
from benchmarks.graphs import Graph, chain, fan, layers
from benchmarks.hamiltons import INSTALLED, Hamilton
from benchmarks.measure import Timing, in_turns, micros
from benchmarks.sources import annotated, named
from benchmarks.suites.options import Options
from benchmarks.table import Row

_ROUNDS = 15
_ROUNDS_LARGE = 5


def versus(options: Options) -> Iterator[Row]:
    """Glacier by default and on two threads; beside it Hamilton, with ``--peers``."""
    for graph in (chain(100), chain(1_000), chain(10_000), fan(1_000), layers(20, 50)):
        yield from _glacier(graph)
        if options.peers and INSTALLED:
            yield from _hamilton(graph)
    if options.peers and not INSTALLED:
        yield Row("Hamilton is not installed: pip install apache-hamilton", "")


def _glacier(graph: Graph) -> Iterator[Row]:
    source = annotated(graph)
    loop = Serial(graph, source.functions)
    pool = Threaded(graph, source.functions, workers=2)
    subjects = (loop, pool, Local(source), Local(source, workers=2))
    timings = in_turns(subjects, rounds=_rounds(graph))
    tasks = len(graph)
    yield _row(f"{graph.label} glacier", timings[2], timings[0], tasks)
    yield _row(f"{graph.label} glacier, two threads", timings[3], timings[0], tasks)
    yield _row(f"{graph.label} bare, two threads", timings[1], timings[0], tasks)


def _hamilton(graph: Graph) -> Iterator[Row]:
    source = named(graph)
    for what, workers in (("hamilton", None), ("hamilton, two threads", 2)):
        bare = Serial(graph, source.functions)
        label = f"{graph.label} {what}"
        try:
            loop, found = in_turns((bare, Hamilton(source, workers=workers)), rounds=_rounds(graph))
        except RecursionError:
            yield Row(label, "RecursionError")
            continue
        yield _row(label, found, loop, len(graph))


def _rounds(graph: Graph) -> int:
    return _ROUNDS if len(graph) < 5_000 else _ROUNDS_LARGE


def _row(what: str, found: list[Timing], loop: list[Timing], tasks: int) -> Row:
    execute = micros([timing.execute for timing in found], tasks)
    bare = micros([timing.execute for timing in loop], tasks)
    return Row(
        f"{what} (n={len(found)})",
        f"{micros([timing.build for timing in found], tasks):.3g} + {execute:.3g}",
        f"{micros([timing.build for timing in loop], tasks):.3g} + {bare:.3g}",
        f"{execute / bare:.2f} x",
    )
