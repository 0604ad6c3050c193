"""100,000 tasks in every shape, each in a process of its own that must end in time."""

from __future__ import annotations

import json
from statistics import median
from subprocess import TimeoutExpired
from typing import Iterator

from benchmarks.graphs import SCALED
from benchmarks.measure import python
from benchmarks.suites.options import Options
from benchmarks.table import Row

_SIZES = (10_000, 100_000)
_ROUNDS = (3, 1)
_TIMEOUT = 120.0
_LIMIT_GROWTH = 2.0  # a quadratic step would make it 10


def scale(_: Options) -> Iterator[Row]:
    """Microseconds per task of build and execution at both sizes, and their quotient."""
    for shape in SCALED:
        try:
            small, large = (
                [_measure(shape, size) for _ in range(rounds)]
                for size, rounds in zip(_SIZES, _ROUNDS)
            )
        except TimeoutExpired:
            limit = f"<= {_LIMIT_GROWTH:g} x"
            yield Row(f"{shape}, build + execute", f"> {_TIMEOUT:g} s", "", "", limit, False)
            continue
        yield _row(f"{shape}, build", _part(small, "build"), _part(large, "build"))
        yield _row(f"{shape}, execute", _part(small, "execute"), _part(large, "execute"))


def _measure(shape: str, tasks: int) -> dict[str, float]:
    printed = python("-m", "benchmarks.child", "scale", shape, str(tasks), timeout=_TIMEOUT)
    found: dict[str, float] = json.loads(printed)
    return found


def _part(found: list[dict[str, float]], part: str) -> tuple[float, float]:
    """The median of Glacier and of the bare loop."""
    return median(one[part] for one in found), median(one[f"bare_{part}"] for one in found)


def _row(what: str, small: tuple[float, float], large: tuple[float, float]) -> Row:
    growth = large[0] / small[0]
    sizes = " and ".join(f"{size:,}" for size in _SIZES)
    return Row(
        f"{what} at {sizes}",
        f"{small[0]:.3g} and {large[0]:.3g} us",
        f"{small[1]:.3g} and {large[1]:.3g} us",
        f"grows {growth:.2f} x (bare {large[1] / small[1]:.2f} x)",
        f"<= {_LIMIT_GROWTH:g} x",
        growth <= _LIMIT_GROWTH,
    )
