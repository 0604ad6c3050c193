"""The format ``parquet``: frames of pandas, polars and Arrow, streams of them, and records."""

from __future__ import annotations

import os
from typing import Any, Dict, Iterator, List, Optional, Sequence

from glacier.core.errors import UnfitValue, UnreadableData
from glacier.core.errors._base import a_type
from glacier.core.formats.frame_checks import (
    check_labels,
    check_pandas,
    check_records,
    check_schema,
    refusing,
)
from glacier.core.formats.kinds import FRAMES
from glacier.core.formats.records import Columns, Parts
from glacier.core.formats.tabular import (
    batches_of,
    chunks,
    default_frame,
    frame_from_arrow,
    pandas,
    polars,
    pyarrow,
)
from glacier.core.formats.targets import check_target
from glacier.core.libraries import installed
from glacier.core.typeforms import class_of

__all__ = ["FORMATS"]

# A reader of a stream holds a row group at least, and polars several at a time, so one is small
# but not of few rows where there are many columns, as each costs some bytes of its own.
_GROUP_BYTES, _GROUP_BYTES_AT_MOST = 1 << 20, 16 << 20
_GROUP_ROWS_AT_LEAST, _GROUP_ROWS = 8_192, 131_072
_POLARS_VALUES = 1 << 18  # in a row group of polars, which tells no sizes before it has the values
_BATCH_ROWS = 32_768
# At this level as small as at the usual one for numbers, in less time and memory.
_COMPRESSION: Dict[str, Any] = {"compression": "zstd", "compression_level": 1}
_NEED = "format 'parquet'"


class _Parquet:
    name = "parquet"
    extension = "parquet"

    def write(self, value: Any, kind: str, parts: Parts) -> Optional[Columns]:
        if kind == "path":
            from glacier.core.formats.files import take_in

            take_in(value, self.extension, self.name, parts)
            return None
        if kind == "pyarrow.RecordBatchReader":
            return _write_batches(iter(value), value.schema, parts)
        if kind in ("polars.DataFrame", "polars.LazyFrame"):
            return _write_polars(value, kind, parts)
        if kind == "pandas.DataFrame":
            return _write_pandas(value, parts)
        if kind == "object" and class_of(value) is list:
            return _write_table(_table_of(value, 0), parts)
        if kind not in FRAMES:
            raise UnfitValue(
                format=self.name,
                place="value",
                found=a_type(value),
                reason="it holds tables",
                mend="Return a frame of pandas, polars or Arrow, or a list of dicts.",
            )
        arrow = pyarrow(need=_NEED)
        table = arrow.Table.from_batches([value]) if kind == "pyarrow.RecordBatch" else value
        return _write_table(table, parts)

    def write_items(self, items: Iterator[Any], parts: Parts) -> Optional[Columns]:
        columns, number = None, 0
        for rows in chunks(items, _GROUP_ROWS):
            columns = _write_table(_table_of(rows, number), parts)
            number += len(rows)
        return columns

    def read(self, paths: Sequence[str], kind: Optional[str]) -> Any:
        check_target(self.name, kind, FRAMES)
        kind = kind or default_frame(self.name)
        if kind == "polars.LazyFrame":
            return _scan(paths)
        if kind == "polars.DataFrame":
            return _scan(paths).collect()
        if kind == "pyarrow.RecordBatchReader":
            return _reader(paths)
        arrow = pyarrow(need=_NEED)
        tables = [_read_table(path) for path in paths]
        if kind == "pandas.DataFrame" and len(tables) > 1:
            return pandas().concat([table.to_pandas() for table in tables])
        table = tables[0] if len(tables) == 1 else _concatenated(arrow, tables)
        return frame_from_arrow(table, kind)

    def items(self, paths: Sequence[str], kind: Optional[str]) -> Iterator[Any]:
        check_target(self.name, kind, FRAMES)
        if not paths:
            return
        if installed("pyarrow"):
            yield from batches_of(_reader(paths), kind or "dict")
            return
        for path in paths:
            frame = _scan([path]).collect()
            for part in frame.iter_slices(_BATCH_ROWS):
                yield from part.to_dicts() if kind in (None, "dict", "object") else [part]


FORMATS = {"parquet": _Parquet()}


def _write_pandas(frame: Any, parts: Parts) -> Columns:
    arrow = pyarrow(need=f"{_NEED} of a pandas.DataFrame")
    check_labels(frame)
    with refusing("parquet", frame):
        table = arrow.Table.from_pandas(frame)
    path = parts.new("parquet")
    parquet = pyarrow("pyarrow.parquet", need=_NEED)
    with refusing("parquet", frame):
        parquet.write_table(table, path, **_COMPRESSION, row_group_size=_GROUP_ROWS)
    parts.count(table.num_rows)
    check_pandas(frame, table.schema, path)
    return _columns(table.schema)


def _write_polars(frame: Any, kind: str, parts: Parts) -> Columns:
    library = polars()
    schema = frame.collect_schema() if kind == "polars.LazyFrame" else frame.schema
    check_schema(schema, schema, library.Object)
    path = parts.new("parquet")
    rows = _POLARS_VALUES // max(1, len(schema))
    rows = max(_GROUP_ROWS_AT_LEAST, min(_GROUP_ROWS, rows))
    if kind == "polars.DataFrame":
        frame.write_parquet(path, **_COMPRESSION, row_group_size=rows)
        parts.count(frame.height)
    else:
        _sink(library, frame, path, rows)
        parts.count(library.scan_parquet(path, glob=False).select(library.len()).collect().item())
    found = library.read_parquet_schema(path)
    if found != schema:  # older versions do not find the categories there
        found = library.read_parquet(path, n_rows=1, glob=False).schema
    check_schema(schema, found)
    return tuple((name, str(kind)) for name, kind in schema.items())


def _sink(library: Any, frame: Any, path: str, rows: int) -> None:
    # Files are read while others are written: more than one row group ahead is only memory, and
    # took a third more of it, for no time won.
    ahead = "POLARS_ROW_GROUP_PREFETCH_SIZE"
    told = ahead in os.environ
    os.environ.setdefault(ahead, "1")
    try:
        frame.sink_parquet(path, **_COMPRESSION, row_group_size=rows)
    except library.exceptions.InvalidOperationError:
        # Older versions of polars cannot stream every query.
        frame.collect().write_parquet(path, **_COMPRESSION, row_group_size=rows)
    finally:
        if not told:
            os.environ.pop(ahead, None)


def _write_table(table: Any, parts: Parts) -> Columns:
    return _write_batches(iter(table.to_batches(_GROUP_ROWS)), table.schema, parts)


def _write_batches(batches: Iterator[Any], schema: Any, parts: Parts) -> Columns:
    """One part after another, each of row groups of a bounded size; at least one, of no rows."""
    arrow, parquet = pyarrow(need=_NEED), pyarrow("pyarrow.parquet", need=_NEED)
    groups, more = _groups(arrow, batches, schema), True
    while more:
        path, rows, more = parts.new("parquet"), 0, False
        with open(path, "wb") as file:
            with refusing("parquet", None, schema):
                writer = parquet.ParquetWriter(file, schema, **_COMPRESSION)
            with writer:
                for group in groups:
                    with refusing("parquet", None, schema):
                        writer.write_table(group, row_group_size=_GROUP_ROWS)
                    rows += group.num_rows
                    if file.tell() >= parts.size:
                        more = True
                        break
        parts.count(rows)
        check_schema(schema, parquet.read_schema(path))
    arrow.default_memory_pool().release_unused()
    return _columns(schema)


def _columns(schema: Any) -> Columns:
    return tuple((field.name, str(field.type)) for field in schema)


def _groups(arrow: Any, batches: Iterator[Any], schema: Any) -> Iterator[Any]:
    """Batches gathered into tables that are worth a row group, and no larger than one should be."""
    held: List[Any] = []
    rows = size = 0
    for batch in batches:
        width = max(1, batch.nbytes // max(1, batch.num_rows))
        step = max(_GROUP_BYTES // width, min(_GROUP_ROWS_AT_LEAST, _GROUP_BYTES_AT_MOST // width))
        for start in range(0, batch.num_rows, max(1, min(step, _GROUP_ROWS))):
            piece = batch.slice(start, max(1, min(step, _GROUP_ROWS)))
            held.append(piece)
            rows, size = rows + piece.num_rows, size + piece.nbytes
            enough = size >= _GROUP_BYTES and rows >= _GROUP_ROWS_AT_LEAST
            if enough or rows >= _GROUP_ROWS or size >= _GROUP_BYTES_AT_MOST:
                yield arrow.Table.from_batches(held, schema=schema)
                held, rows, size = [], 0, 0
    if held:
        yield arrow.Table.from_batches(held, schema=schema)


def _table_of(rows: List[Any], start: int) -> Any:
    arrow = pyarrow(need=f"{_NEED} of records")
    with refusing("parquet", rows):
        names = {} if not rows else dict.fromkeys(rows[0])
        table = arrow.Table.from_pylist(rows) if names else arrow.table({})
    check_records(table, rows, start)
    return table


def _scan(paths: Sequence[str]) -> Any:
    library = polars()
    if not paths:
        return library.LazyFrame()
    with _reading(paths[0]):
        return library.scan_parquet(list(paths), glob=False, hive_partitioning=False)


def _read_table(path: str) -> Any:
    parquet = pyarrow("pyarrow.parquet", need=_NEED)
    with _reading(path), open(path, "rb") as file:
        return parquet.ParquetFile(file).read()


def _concatenated(arrow: Any, tables: List[Any]) -> Any:
    return arrow.concat_tables(tables, promote_options="permissive") if tables else arrow.table({})


def _reader(paths: Sequence[str]) -> Any:
    arrow, parquet = pyarrow(need=_NEED), pyarrow("pyarrow.parquet", need=_NEED)
    if not paths:
        return arrow.table({}).to_reader()
    with _reading(paths[0]):
        schema = parquet.read_schema(paths[0])

    def batches() -> Iterator[Any]:
        for path in paths:
            with _reading(path), open(path, "rb") as file:
                source = parquet.ParquetFile(file, pre_buffer=False)
                for batch in source.iter_batches(_BATCH_ROWS, use_threads=False):
                    yield from _as(arrow, batch, schema)

    return arrow.RecordBatchReader.from_batches(schema, batches())


def _as(arrow: Any, batch: Any, schema: Any) -> List[Any]:
    if batch.schema.equals(schema):
        return [batch]
    found: List[Any] = arrow.Table.from_batches([batch]).cast(schema).to_batches()
    return found


class _reading:
    """Tells of a file that is no Parquet, or is cut off."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        name = "" if kind is None else f"{kind.__module__}.{kind.__name__}"
        if name.startswith(("pyarrow", "polars")) or (kind is OSError and error.errno is None):
            raise UnreadableData(
                path=self._path,
                format="parquet",
                reason=str(error).strip().rstrip(".").partition("\n")[0],
                mend="It is damaged, cut off, or of another format.",
            ) from error
