"""The memory that Glacier takes for a task, beyond the user's function and its value.

Counted: datasets, tasks, the graph, the plan, its wiring, and the run with its log, all alive at
the end. Not counted: the functions with their annotation dictionaries, the names, and the values,
which are there before or are small integers that Python shares. The functions are closures made in
a loop, so that all tasks share a few code objects, as those of a generated pipeline do.
"""

from __future__ import annotations

import json
from subprocess import TimeoutExpired
from typing import Iterator

from benchmarks.graphs import SCALED
from benchmarks.measure import python
from benchmarks.suites.options import Options
from benchmarks.table import Row

_TASKS = 100_000
_LIMIT = 3 * 1024
_TIMEOUT = 180.0
_COUNTS = {
    "resident": "peak of resident memory",
    "traced": "peak of what Python allocates (tracemalloc)",
}


def memory(_: Options) -> Iterator[Row]:
    """Bytes per task at the peak and at the end of a run, for each shape."""
    for shape in SCALED:
        for count, meaning in _COUNTS.items():
            yield _row(shape, count, f"{shape} of {_TASKS:,}: {meaning}")


def _row(shape: str, count: str, what: str) -> Row:
    limit = f"<= {_LIMIT:,} B"
    bare = _measure(shape, count, "bare")
    try:
        found = _measure(shape, count, "glacier")
    except TimeoutExpired:
        return Row(what, f"> {_TIMEOUT:g} s", f"{bare['peak']:,.0f} B", "", limit, False)
    return Row(
        what,
        f"{found['peak']:,.0f} B",
        f"{bare['peak']:,.0f} B",
        f"declared {found['declared']:,.0f}, planned {found['planned']:,.0f}, "
        f"run {found['run']:,.0f}",
        limit,
        found["peak"] <= _LIMIT,
    )


def _measure(shape: str, count: str, subject: str) -> dict[str, float]:
    command = ("-m", "benchmarks.child", "memory", shape, str(_TASKS), count, subject)
    found: dict[str, float] = json.loads(python(*command, timeout=_TIMEOUT))
    return found
