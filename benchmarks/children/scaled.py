"""Time per task of one large graph."""

from __future__ import annotations

import gc
from time import perf_counter

from benchmarks.bare import Serial
from benchmarks.closures import functions
from benchmarks.glaciers import declare_closures
from benchmarks.graphs import SCALED, Graph
from benchmarks.measure import WrongResult
from glacier.local import LocalExecutor


def scaled(shape: str, tasks: int) -> dict[str, float]:
    """Microseconds per task of build and execution, on one worker, beside the bare loop."""
    _run(SCALED[shape](200))  # the code is loaded and specialised
    graph = SCALED[shape](tasks)
    return {name: seconds / len(graph) * 1e6 for name, seconds in _run(graph).items()}


def _run(graph: Graph) -> dict[str, float]:
    made = functions(graph)
    executor = LocalExecutor(workers=1, history=False)
    bare = Serial(graph, made)
    gc.collect()
    times = [perf_counter()]
    tables = bare.build()
    times.append(perf_counter())
    loop = bare.execute(tables)
    times.append(perf_counter())
    del tables
    gc.collect()
    times.append(perf_counter())
    pipeline = declare_closures(graph, made)
    pipeline.plan()
    times.append(perf_counter())
    value = executor.execute(pipeline)[graph.output]
    times.append(perf_counter())
    for found in (loop, value):
        if found != graph.expected:
            raise WrongResult(graph.label, found, graph.expected)
    bare_build, bare_execute, _, build, execute = [b - a for a, b in zip(times, times[1:])]
    return {
        "build": build,
        "execute": execute,
        "bare_build": bare_build,
        "bare_execute": bare_execute,
    }
