"""Taking time: everything warm, taken in turns, garbage collected before each."""

from __future__ import annotations

import gc
import os
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, Callable, NamedTuple, Protocol, Sequence

ROOT = Path(__file__).resolve().parent.parent


class Subject(Protocol):
    """Something that makes a graph ready and runs it; the two are timed apart."""

    @property
    def expected(self) -> Any: ...

    def build(self) -> Any: ...

    def execute(self, built: Any, /) -> Any: ...


class WrongResult(Exception):
    """A run gave another value than it must, so its time means nothing."""

    def __init__(self, subject: object, found: object, expected: object) -> None:
        super().__init__(f"{subject!r} gave {found!r} instead of {expected!r}")


class Timing(NamedTuple):
    """Seconds of one round."""

    build: float
    execute: float


def in_turns(
    subjects: Sequence[Subject], *, rounds: int, clock: Callable[[], float] = perf_counter
) -> list[list[Timing]]:
    """Time each subject ``rounds`` times after a round that does not count.

    Every other round goes backwards, so that none is always the one after a certain other. What
    runs on one thread and never waits may be timed by ``process_time``, which is the same on an
    idle machine and still right on a busy one. Raises :class:`WrongResult`.
    """
    timings: list[list[Timing]] = [[] for _ in subjects]
    for number in range(rounds + 1):
        numbered = list(zip(subjects, timings))
        for subject, found in numbered if number % 2 else reversed(numbered):
            timing = once(subject, clock)
            if number:
                found.append(timing)
    return timings


def once(subject: Subject, clock: Callable[[], float]) -> Timing:
    """Time one build and one execution; what they leave behind is gone before the next."""
    gc.collect()
    begun = clock()
    built = subject.build()
    building = clock() - begun
    gc.collect()
    begun = clock()
    value = subject.execute(built)
    executing = clock() - begun
    if value != subject.expected:
        raise WrongResult(subject, value, subject.expected)
    return Timing(building, executing)


def micros(seconds: Sequence[float], tasks: int) -> float:
    """The median in microseconds a task."""
    return median(seconds) / tasks * 1e6


def python(*arguments: str, timeout: float | None = None) -> str:
    """What this interpreter prints for these arguments, in a process of its own.

    It may write byte code, as an installed package has it. Raises ``CalledProcessError`` and
    ``TimeoutExpired``.
    """
    done = subprocess.run(
        [sys.executable, *arguments],
        check=True,
        cwd=ROOT,
        env=_environment(),
        stdout=subprocess.PIPE,
        text=True,
        timeout=timeout,
    )
    return done.stdout


def processes(
    commands: Sequence[Sequence[str]],
    *,
    rounds: int,
    clock: Callable[[], float] = perf_counter,
) -> list[list[float]]:
    """Seconds from start to end of a Python process for each command, in turns, files cached.

    What never waits may be timed by :func:`children_time`.
    """
    timings: list[list[float]] = [[] for _ in commands]
    for number in range(rounds + 1):
        for command, found in zip(commands, timings):
            begun = clock()
            python(*command)
            if number:
                found.append(clock() - begun)
    return timings


def children_time() -> float:
    """Seconds that processes which this one has started, and which have ended, have computed."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    paths = os.environ.get("PYTHONPATH")
    return kept if paths is None else {**kept, "PYTHONPATH": paths}
