"""Tasks that wait, on threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from statistics import median
from time import perf_counter, sleep
from typing import Any, Iterator

from benchmarks.suites.options import Options
from benchmarks.table import Row, ratio
from glacier.core import Dataset, Pipeline
from glacier.local import LocalExecutor

_TASKS = 50
_SECONDS = 0.05
_WORKERS = 16
_ROUNDS = 9
_LIMIT = 1.25


def sleeping(_: Options) -> Iterator[Row]:
    """``LocalExecutor(workers=16)`` beside a pool of as many threads; then with all options."""
    subjects = {
        "bare": _bare,
        "plain": lambda: _glacier({}, {}),
        "limit": lambda: _glacier({"timeout": 60}, {}),
        "all": lambda: _glacier(
            {"retries": 3, "timeout": 60, "tags": ["api"]}, {"concurrency": {"api": _WORKERS}}
        ),
    }
    seconds: dict[str, list[float]] = {name: [] for name in subjects}
    for number in range(_ROUNDS + 1):
        for name in seconds if number % 2 else reversed(seconds):
            taken = subjects[name]()
            if number:
                seconds[name].append(taken)
    bare, *glaciers = [median(taken) * 1e3 for taken in seconds.values()]
    labels = ("", ", each with a timeout", ", with retries, a timeout and a limit by tag")
    for label, glacier in zip(labels, glaciers):
        what = f"{_TASKS} x sleep({_SECONDS}), {_WORKERS} threads{label} (n={_ROUNDS})"
        yield ratio(what, glacier, bare, "ms", limit=_LIMIT)


def _bare() -> float:
    begun = perf_counter()
    with ThreadPoolExecutor(_WORKERS) as pool:
        for future in [pool.submit(sleep, _SECONDS) for _ in range(_TASKS)]:
            future.result()
    return perf_counter() - begun


def _glacier(options: dict[str, Any], executor: dict[str, Any]) -> float:
    pipeline = Pipeline("sleeping")
    for number in range(_TASKS):
        out = Dataset(f"d{number}")

        def work() -> Any:
            sleep(_SECONDS)

        work.__annotations__ = {"return": out}
        pipeline.task(name=f"t{number}", **options)(work)
    begun = perf_counter()
    run = LocalExecutor(_WORKERS, history=False, **executor).execute(pipeline)
    taken = perf_counter() - begun
    assert run.state == "succeeded"
    return taken
