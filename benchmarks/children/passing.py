"""A Parquet dataset of 2 GB passes through three tasks: batches, a lazy frame, batches again."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any, Iterator

_BATCHES, _ROWS, _NUMBERS = 1_024, 32_768, 7
ROWS = _BATCHES * _ROWS


def passed(how: str, folder: str) -> dict[str, float]:
    """Seconds and the peak of resident memory of this process, and how large the dataset was.

    ``make`` writes the dataset into the folder; ``glacier`` and ``bare`` pass it on.
    """
    begun = perf_counter()
    if how == "make":
        size = _make(folder)
    else:
        size = float(sum(os.path.getsize(path) for path in _made(folder)))
        (_through_glacier if how == "glacier" else _bare)(folder, _made(folder))
    return {"seconds": perf_counter() - begun, "bytes": size, "peak": _peak()}


def _made(folder: str) -> list[str]:
    return sorted(map(str, Path(folder).glob("made-*.parquet")))


def _stage(folder: str, name: str) -> Any:
    numbers = count()
    return lambda extension: os.path.join(folder, f"{name}-{next(numbers):03}.{extension}")


def _make(folder: str) -> float:
    import numpy
    import pyarrow

    from glacier.core.formats import write_value

    names = [f"x{number}" for number in range(_NUMBERS)]
    fields = [("id", pyarrow.int64()), *((name, pyarrow.float64()) for name in names)]
    schema = pyarrow.schema(fields)
    random = numpy.random.default_rng(0)

    def batches() -> Iterator[Any]:
        for number in range(_BATCHES):
            ids = numpy.arange(number * _ROWS, (number + 1) * _ROWS)
            columns = [ids, *(random.random(_ROWS) for _ in names)]
            yield pyarrow.record_batch(list(map(pyarrow.array, columns)), schema=schema)

    reader = pyarrow.RecordBatchReader.from_batches(schema, batches())
    written = write_value(reader, _stage(folder, "made"))
    return float(sum(os.path.getsize(part.path) for part in written.parts))


def _through_glacier(folder: str, paths: list[str]) -> None:
    import polars
    import pyarrow

    from glacier.core.formats import read_value, write_value

    wanted: list[Any] = [pyarrow.RecordBatchReader, polars.LazyFrame, pyarrow.RecordBatchReader]
    for hop, (kind, change) in enumerate(zip(wanted, (_same, _doubled, _same))):
        value = change(read_value(paths, format="parquet", wanted=kind))
        written = write_value(value, _stage(folder, f"hop{hop}"))
        assert written.rows == ROWS
        _forget(paths, "hop")
        paths = [part.path for part in written.parts]
    _forget(paths, "hop")


def _same(value: Any) -> Any:
    return value


def _doubled(frame: Any) -> Any:
    import polars

    return frame.with_columns(y=polars.col("x0") * 2)


def _bare(folder: str, paths: list[str]) -> None:
    import polars

    first, lazy, last = (os.path.join(folder, f"bare{hop}.parquet") for hop in range(3))
    _copy(paths, first)
    _doubled(polars.scan_parquet([first])).sink_parquet(lazy, compression="zstd")
    os.unlink(first)
    _copy([lazy], last)
    _forget([lazy, last], "bare")


def _copy(paths: list[str], target: str) -> None:
    from pyarrow import parquet

    schema = parquet.read_schema(paths[0])
    with parquet.ParquetWriter(target, schema, compression="zstd") as writer:
        for path in paths:
            for batch in parquet.ParquetFile(path).iter_batches():
                writer.write_batch(batch)


def _forget(paths: list[str], prefix: str) -> None:
    for path in paths:
        if os.path.basename(path).startswith(prefix):
            os.unlink(path)


def _peak() -> float:
    """The highest resident memory so far, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
