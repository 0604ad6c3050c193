"""Pure Python that keeps a processor busy: in turn, in bare pools, and in Glacier's."""

from __future__ import annotations

from time import perf_counter
from typing import Any

TASKS = 8


def burn(rounds: int) -> int:
    """Count; about 0.3 s for what :func:`calibrate` says.

    What is kept moves the numbers through memory, for how fast this is depends on where they lie:
    a loop over the same few places differs by a fifth between processes that are otherwise alike.
    """
    sums: list[int] = []
    for start in range(0, rounds, 1000):
        count = start
        for number in range(start, start + 1000):
            count += number & 1
        sums.append(count)
    return sum(sums)


def calibrate(seconds: float) -> int:
    """How many rounds take so long here; the fastest of several tries, each about that long."""
    rounds = 1_000_000
    for _ in range(2):
        rounds = int(rounds * seconds / min(_timed(rounds) for _ in range(5)))
    return rounds


def _timed(rounds: int) -> float:
    begun = perf_counter()
    burn(rounds)
    return perf_counter() - begun


def burned(how: str, rounds: int, workers: int) -> float:
    """Seconds that all take; but for ``started``, with the start and the end of the workers."""
    ways = {"serial": _serial, "started": _started, "bare": _bare, "glacier": _glacier}
    return ways[how](rounds, workers)


def _serial(rounds: int, _: int) -> float:
    begun = perf_counter()
    for _ in range(TASKS):
        burn(rounds)
    return perf_counter() - begun


def _started(rounds: int, workers: int) -> float:
    import multiprocessing

    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        pool.map(burn, [1] * 10 * workers, chunksize=1)
        begun = perf_counter()
        pool.map(burn, [rounds] * TASKS, chunksize=1)
        return perf_counter() - begun


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
