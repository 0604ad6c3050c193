"""What a run holds of a dataset of 2 GB that three tasks store, one after the other."""

from __future__ import annotations

import json
from tempfile import TemporaryDirectory
from typing import Iterator

from benchmarks.measure import python
from benchmarks.suites.options import Options
from benchmarks.table import Row, figure

_LIMIT_MB = 300.0
_FORMS = {
    "path": "a Path",
    "bytes": "an Iterator of bytes",
    "records": "an Iterator of records",
    "frames": "an Iterator of polars frames",
    "lazy": "a LazyFrame",
    "reader": "a RecordBatchReader",
}


def streaming(_: Options) -> Iterator[Row]:
    """Peak memory of the whole process; bare is one that has only loaded the libraries."""
    idle = _measure("idle")
    for form, what in _FORMS.items():
        found = _measure(form)
        yield figure(
            f"{what}: peak of resident memory",
            found["peak"] / 1e6,
            "MB",
            bare=idle["peak"] / 1e6,
            limit=_LIMIT_MB,
        )
        yield Row(f"{what}: stored", f"{found['bytes'] / 1e9:.3g} GB in {found['seconds']:.0f} s")


def _measure(form: str) -> dict[str, float]:
    with TemporaryDirectory() as folder:
        output = python("-m", "benchmarks.child", "streaming", form, folder)
    found: dict[str, float] = json.loads(output)
    return found
