"""From functions to a plan, for modules that were never seen before.

Glacier compiles an annotation's text once and remembers it, so every round gets a module with
names of its own: the figures are those of a program's first and usually only build.
"""

from __future__ import annotations

import gc
from time import process_time
from typing import Callable, Iterator, NamedTuple

from benchmarks.bare import Compiled
from benchmarks.glaciers import declare
from benchmarks.graphs import Graph, chain, fan, layers
from benchmarks.measure import micros
from benchmarks.sources import Source, annotated
from benchmarks.suites.options import Options
from benchmarks.table import Row, figure

_ROUNDS = 7
_LIMIT_US = 30.0


class _Stages(NamedTuple):
    declare: float
    infer: float
    plan: float
    bare: float


def building(_: Options) -> Iterator[Row]:
    """``Dataset`` and ``@task``, then ``graph()``, then ``plan()``; bare: a compiled order."""
    shapes: list[Callable[[str], Graph]] = [
        lambda prefix: chain(10_000, prefix=prefix),
        lambda prefix: fan(1_000, prefix=prefix),
        lambda prefix: fan(10_000, prefix=prefix),
        lambda prefix: layers(20, 50, prefix=prefix),
    ]
    for shape in shapes:
        yield from _measure(shape)


def _measure(shape: Callable[[str], Graph]) -> Iterator[Row]:
    found = [_once(annotated(shape(f"r{number}_"))) for number in range(_ROUNDS + 1)][1:]
    graph = shape("")
    declaring, inferring, planning, bare = [micros(seconds, len(graph)) for seconds in zip(*found)]
    whole = declaring + inferring
    row = figure(f"{graph.label} (n={_ROUNDS})", whole, "us", bare=bare, limit=_LIMIT_US)
    parts = f"declare {declaring:.1f} + infer {inferring:.1f}, then plan {planning:.1f}"
    yield row._replace(compared=parts)


def _once(source: Source) -> _Stages:
    gc.collect()
    times = [process_time()]
    pipeline = declare(source)
    times.append(process_time())
    pipeline.graph()
    times.append(process_time())
    pipeline.plan()
    times.append(process_time())
    bare = Compiled(source.graph, source.functions)
    gc.collect()
    begun = process_time()
    bare.build()
    ended = process_time()
    declaring, inferring, planning = [after - before for before, after in zip(times, times[1:])]
    return _Stages(declaring, inferring, planning, ended - begun)
