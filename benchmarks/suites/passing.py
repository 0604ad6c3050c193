"""What streaming holds of a dataset that passes through three tasks, and what it costs."""

from __future__ import annotations

import json
from tempfile import TemporaryDirectory
from typing import Iterator

from benchmarks.measure import python
from benchmarks.suites.options import Options
from benchmarks.table import Row, figure, ratio

_LIMIT_MB = 300.0


def passing(_: Options) -> Iterator[Row]:
    """Peak memory and time; bare is the same with pyarrow and polars alone."""
    with TemporaryDirectory() as folder:
        made = _measure("make", folder)
        yield Row("the Parquet dataset", f"{made['bytes'] / 1e9:.3g} GB")
        found = {how: _measure(how, folder) for how in ("bare", "glacier")}
    peaks = {how: one["peak"] / 1e6 for how, one in found.items()}
    what = "peak of resident memory: batches, a LazyFrame, batches"
    yield figure(what, peaks["glacier"], "MB", bare=peaks["bare"], limit=_LIMIT_MB)
    times = {how: one["seconds"] for how, one in found.items()}
    yield ratio("time of the three", times["glacier"], times["bare"], "s", limit=None)


def _measure(how: str, folder: str) -> dict[str, float]:
    found: dict[str, float] = json.loads(python("-m", "benchmarks.child", "passing", how, folder))
    return found
