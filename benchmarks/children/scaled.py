"""Time per task of one large graph."""

from __future__ import annotations

import gc
from time import process_time

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
    times = [process_time()]
    tables = bare.build()
    times.append(process_time())
    loop = bare.execute(tables)
    times.append(process_time())
    del tables
    gc.collect()
    times.append(process_time())
    pipeline = declare_closures(graph, made)
    pipeline.plan()
    times.append(process_time())
    value = executor.execute(pipeline)[graph.output]
    times.append(process_time())
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
