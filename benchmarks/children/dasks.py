"""Glacier on a cluster of Dask beside Dask alone: prints JSON, of ``times`` or of ``memory``."""

from __future__ import annotations

import json
import resource
import sys
from time import perf_counter
from typing import Annotated, Any, Callable

from glacier.core import Dataset, Pipeline
from glacier.dask import DaskExecutor

TASKS = 1000
ROUNDS = 5
SIZE = 200 * 2**20


def times() -> dict[str, list[tuple[float, float]]]:
    """Pairs of seconds, of Glacier and of Dask alone, by the shape of the graph."""
    found: dict[str, list[tuple[float, float]]] = {"wide": [], "chain": []}
    with DaskExecutor(n_workers=2, threads_per_worker=1, history=False) as executor:
        shapes: dict[str, tuple[Callable[..., Any], Callable[[], Pipeline]]] = {
            "wide": (_mapped, _wide),
            "chain": (_chained, _chain),
        }
        for number in range(ROUNDS + 1):  # the first warms up
            for shape, (bare, make) in shapes.items():
                pipeline = make()
                turns: list[Callable[[], object]] = [
                    lambda pipeline=pipeline: _run(executor, pipeline),  # type: ignore[misc]
                    lambda bare=bare: bare(executor.client),  # type: ignore[misc]
                ]
                if number % 2:
                    taken = tuple(_seconds(turn) for turn in turns)
                else:
                    taken = tuple(reversed([_seconds(turn) for turn in reversed(turns)]))
                if number:
                    found[shape].append((taken[0], taken[1]))
    return found


def memory() -> int:
    """Bytes by which the client's peak grows while 200 MiB go from task to task."""
    pipeline, data = Pipeline("large"), Dataset("data")

    @pipeline.task
    def make() -> Annotated[bytes, data]:
        return bytes(SIZE)

    for number in range(4):

        @pipeline.task(name=f"read-{number}")
        def read(value: Annotated[bytes, data]) -> Annotated[int, Dataset(f"size-{number}")]:
            return len(value)

    with DaskExecutor(n_workers=2, threads_per_worker=1, history=False) as executor:
        executor.client.submit(int, 1).result()
        before = _peak()
        run = executor.execute(pipeline)
        assert [run[f"size-{number}"] for number in range(4)] == [SIZE] * 4
        return _peak() - before


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _seconds(call: Callable[[], object]) -> float:
    begun = perf_counter()
    call()
    return perf_counter() - begun


def _run(executor: DaskExecutor, pipeline: Pipeline) -> None:
    run = executor.execute(pipeline)
    last = pipeline.graph().order[-1]
    assert run.state == "succeeded", last


def increment(number: int) -> int:
    return number + 1


def _mapped(client: Any) -> None:
    assert len(client.gather(client.map(increment, range(TASKS), pure=False))) == TASKS


def _chained(client: Any) -> None:
    future = client.submit(increment, 0, pure=False)
    for _ in range(TASKS - 1):
        future = client.submit(increment, future, pure=False)
    assert future.result() == TASKS


def _wide() -> Pipeline:
    pipeline = Pipeline("wide")
    for number in range(TASKS):
        dataset = Dataset(f"d{number}")

        @pipeline.task(name=f"t{number}")
        def make() -> Annotated[int, dataset]:
            return 1

    return pipeline


def _chain() -> Pipeline:
    pipeline, before = Pipeline("chain"), Dataset("d0")

    @pipeline.task(name="t0")
    def begin() -> Annotated[int, before]:
        return 1

    for number in range(1, TASKS):
        dataset = Dataset(f"d{number}")

        @pipeline.task(name=f"t{number}")
        def step(value: Annotated[int, before]) -> Annotated[int, dataset]:
            return value + 1

        before = dataset
    return pipeline


if __name__ == "__main__":
    measured: Any = times() if sys.argv[1] == "times" else memory()
    print(json.dumps(measured))
