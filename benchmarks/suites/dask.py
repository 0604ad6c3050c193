"""What Glacier adds to plain Dask on the same cluster, and what its client holds of values."""

from __future__ import annotations

import json
from importlib.util import find_spec
from statistics import median
from typing import Any, Iterator

from benchmarks.measure import python
from benchmarks.suites.options import Options
from benchmarks.table import Row, figure, ratio

_LIMIT_TIMES = 1.3
_LIMIT_CLIENT = 60.0


def dask(_: Options) -> Iterator[Row]:
    """Seconds of 1,000 tasks beside those of plain Dask, and the memory of the client."""
    if find_spec("glacier.dask") is None:
        yield Row("glacier-dask is not installed", "")
        return
    times = _measured("times")
    for shape, plain in (("wide", "client.map"), ("chain", "client.submit, chained")):
        pairs = times[shape]
        glacier, bare = (median(pair[n] for pair in pairs) for n in (0, 1))
        what = f"1,000 tasks, {shape}, beside {plain} (n={len(pairs)})"
        yield ratio(what, glacier, bare, "s", limit=_LIMIT_TIMES)
    grown = _measured("memory")
    what = "200 MiB made on one worker and read by four tasks: growth of the client's peak"
    yield figure(what, grown / 2**20, "MiB", bare=None, limit=_LIMIT_CLIENT)


def _measured(what: str) -> Any:
    return json.loads(python("-m", "benchmarks.children.dasks", what).splitlines()[-1])
