"""Pure Python that keeps a processor busy: in turn, in a bare pool, and in Glacier's."""

from __future__ import annotations

from time import perf_counter
from typing import Any

TASKS = 8


def burn(rounds: int) -> int:
    """Count; about 0.3 s for what :func:`calibrate` says."""
    count = 0
    for number in range(rounds):
        count += number & 1
    return count


def calibrate(seconds: float) -> int:
    """How many rounds take so long here; the fastest of several tries."""
    rounds = 1_000_000
    return int(rounds * seconds / min(_timed(rounds) for _ in range(7)))


def _timed(rounds: int) -> float:
    begun = perf_counter()
    burn(rounds)
    return perf_counter() - begun


def burned(how: str, rounds: int, workers: int) -> float:
    """Seconds that all take, the start and the end of the workers included."""
    if how == "serial":
        begun = perf_counter()
        for _ in range(TASKS):
            burn(rounds)
        return perf_counter() - begun
    return _bare(rounds, workers) if how == "bare" else _glacier(rounds, workers)


def _bare(rounds: int, workers: int) -> float:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    begun = perf_counter()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        list(pool.map(burn, [rounds] * TASKS))
    return perf_counter() - begun


def _glacier(rounds: int, workers: int) -> float:
    from glacier.core import Dataset, Pipeline
    from glacier.local import LocalExecutor

    pipeline = Pipeline("burning")
    for number in range(TASKS):
        out = Dataset(f"d{number}")

        def work() -> Any:
            return burn(rounds)

        work.__annotations__ = {"return": out}
        pipeline.task(name=f"t{number}")(work)
    begun = perf_counter()
    run = LocalExecutor(workers, processes=True).execute(pipeline)
    taken = perf_counter() - begun
    assert len(set(run.values.values())) == 1
    return taken
