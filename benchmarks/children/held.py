"""Bytes per task of one large graph, from the first dataset to the end of its run."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Callable, Mapping

from benchmarks.bare import Serial
from benchmarks.children.resident import peak, resident, restart_peak
from benchmarks.closures import Function, functions
from benchmarks.glaciers import declare_closures
from benchmarks.graphs import SCALED, Graph
from benchmarks.measure import WrongResult
from glacier.local import LocalExecutor

Size = Callable[[], float]
Run = Callable[[Graph, Mapping[str, Function], Size], "dict[str, float]"]


def held(shape: str, tasks: int, *, count: str, subject: str) -> dict[str, float]:
    """Bytes per task after the stages of a run, and at its peak.

    ``count`` is ``resident``, what the kernel has given to the process, or ``traced``, what Python
    has allocated; ``subject`` is ``glacier`` or ``bare``.
    """
    run: Run = _glacier if subject == "glacier" else _bare
    small = SCALED[shape](200)
    run(small, functions(small), lambda: 0.0)  # all code is loaded
    graph = SCALED[shape](tasks)
    made = functions(graph)
    gc.collect()
    if count == "traced":
        tracemalloc.start()
        found = run(graph, made, lambda: tracemalloc.get_traced_memory()[0])
        found["peak"] = tracemalloc.get_traced_memory()[1]
    else:
        restart_peak()
        before = resident()
        found = run(graph, made, lambda: resident() - before)
        found["peak"] = peak() - before
    return {stage: size / len(graph) for stage, size in found.items()}


def _glacier(graph: Graph, made: Mapping[str, Function], size: Size) -> dict[str, float]:
    pipeline = declare_closures(graph, made)
    declared = size()
    pipeline.plan()
    planned = size()
    run = LocalExecutor(workers=1, history=False).execute(pipeline)
    found = {"declared": declared, "planned": planned, "run": size()}
    _check(graph, run[graph.output])
    return found


def _bare(graph: Graph, made: Mapping[str, Function], size: Size) -> dict[str, float]:
    loop = Serial(graph, made)
    value = loop.execute(loop.build())
    _check(graph, value)
    return {"run": size()}


def _check(graph: Graph, value: object) -> None:
    if value != graph.expected:
        raise WrongResult(graph.label, value, graph.expected)
