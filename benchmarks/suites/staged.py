"""A plan as nested sequences and parallels: its time per task, and how that grows."""

from __future__ import annotations

import gc
import random
from graphlib import TopologicalSorter
from statistics import median
from time import process_time
from typing import Callable, Iterator

from benchmarks.graphs import Graph, chain, fan, layered
from benchmarks.measure import WrongResult
from benchmarks.suites.options import Options
from benchmarks.table import Row
from glacier.core.plan import Plan
from glacier.core.stages import stages_of
from glacier.core.step import Slot, Step

_SIZES = (1_000, 10_000)
_ROUNDS = (5, 3)
_LIMIT_GROWTH = 3.0  # a quadratic step would make it 10

Before = list[tuple[int, ...]]


def staged(_: Options) -> Iterator[Row]:
    """``stages_of`` a wired plan, at both sizes; bare: ``graphlib``'s order of the same graph."""
    for label, shape in _SHAPES.items():
        found = [_measure(shape(size), rounds) for size, rounds in zip(_SIZES, _ROUNDS)]
        (small, small_bare, _), (large, large_bare, barriers) = found
        if label in _EXACT and barriers:
            raise WrongResult(label, f"{barriers} barriers", 0)
        growth = large / small
        yield Row(
            f"{label} at 1,000 and 10,000, {barriers} barriers",
            f"{small:.3g} and {large:.3g} us",
            f"{small_bare:.3g} and {large_bare:.3g} us",
            f"grows {growth:.2f} x",
            f"<= {_LIMIT_GROWTH:g} x",
            growth <= _LIMIT_GROWTH,
        )


def _measure(before: Before, rounds: int) -> tuple[float, float, int]:
    """Microseconds a task, the same of the bare loop, and the number of barriers."""
    plan = _plan(before)
    barriers = len(stages_of(plan).barriers)
    times, bare = [], []
    for _ in range(rounds):
        gc.collect()
        begun = process_time()
        stages_of(plan)
        times.append(process_time() - begun)
        begun = process_time()
        list(TopologicalSorter(dict(enumerate(before))).static_order())
        bare.append(process_time() - begun)
    return median(times) / len(before) * 1e6, median(bare) / len(before) * 1e6, barriers


def _plan(before: Before) -> Plan:
    steps = [
        Step(f"t{step}", tuple([Slot(f"p{n}", "input", f"d{n}") for n in read]), (f"d{step}",))
        for step, read in enumerate(before)
    ]
    plan = Plan("bench", tuple(steps))
    assert plan.wiring  # made once, before anything is measured
    return plan


def _of(graph: Graph) -> Before:
    numbers = {node.name: number for number, node in enumerate(graph.nodes)}
    return [tuple([numbers[source] for source in node.sources]) for node in graph.nodes]


def _diamonds(tasks: int) -> Before:
    """One after the other: a task, two that read it, one that reads both."""
    shape: list[Callable[[int], tuple[int, ...]]] = [
        lambda n: (n - 1,) if n else (),
        lambda n: (n - 1,),
        lambda n: (n - 2,),
        lambda n: (n - 2, n - 1),
    ]
    return [shape[number % 4](number) for number in range(tasks)]


def _comb(tasks: int) -> Before:
    """A chain with a reader beside each of its tasks: it nests half as deep as it is long."""
    return [(n - (1 if n % 2 else 2),) if n else () for n in range(tasks)]


def _ladder(tasks: int) -> Before:
    """Two chains, each task of the second reading one of the first too."""
    return [
        tuple([m for m in ((n - 2, n - 1) if n % 2 else (n - 2,)) if m >= 0]) for n in range(tasks)
    ]


def _hanging(tasks: int) -> Before:
    """A chain with four tasks beside each of its own that cannot be nested without a barrier."""
    shape: list[Callable[[int], tuple[int, ...]]] = [
        lambda n: (n - 5,) if n else (),
        lambda n: (n - 1,),
        lambda n: (n - 2,),
        lambda n: (n - 2, n - 1),
        lambda n: (n - 2,),
    ]
    return [shape[number % 5](number) for number in range(tasks)]


def _random(tasks: int, reach: int) -> Before:
    """Up to three of the tasks before, at most ``reach`` away."""
    choice = random.Random(7)
    return [
        tuple(sorted(choice.sample(range(max(0, n - reach), n), min(n, choice.randint(0, 3)))))
        for n in range(tasks)
    ]


_SHAPES: dict[str, Callable[[int], Before]] = {
    "chain": lambda tasks: _of(chain(tasks)),
    "fan": lambda tasks: _of(fan(tasks - 2)),
    "diamonds": _diamonds,
    "comb": _comb,
    "layers": lambda tasks: _of(layered(tasks)),
    "ladder": _ladder,
    "hanging": _hanging,
    "random, near": lambda tasks: _random(tasks, 20),
    "random, any": lambda tasks: _random(tasks, tasks),
}
_EXACT = ("chain", "fan", "diamonds", "comb")
