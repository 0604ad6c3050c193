"""Rows that a database gives → what a reader wants."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, NamedTuple, Optional, Tuple

from glacier.core.errors import UnfitTarget
from glacier.core.formats.kinds import FRAMES, Target
from glacier.core.formats.tabular import batches_of, frame_from_arrow, pandas, polars, pyarrow
from glacier.core.libraries import installed
from glacier.core.tables.columns import Column, named_once
from glacier.core.tables.sources import Rows

__all__ = ["Result", "delivered"]


class Result(NamedTuple):
    """An open query: its columns, its rows, and where the database has them, Arrow batches.

    ``close`` is called when all is read, or nothing more will be.
    """

    columns: Tuple[Column, ...]
    rows: Callable[[], Iterator[Rows]]
    close: Callable[[], None]
    schema: Any = None
    batches: Optional[Callable[[], Iterator[Any]]] = None


_ROWS = (None, "object", "dict", "list", "iterator")


def delivered(result: Result, target: Target, table: str) -> Any:
    """The result as what is wanted; a stream holds the connection until it ends."""
    try:
        named_once([column.name for column in result.columns], table)
        kind = target.item if target.kind in ("iterator", "list") else target.kind
        if kind not in FRAMES and kind not in _ROWS:
            raise UnfitTarget(
                format="table", wanted=str(kind), mend="Ask for dicts, or for a frame."
            )
        if target.kind == "iterator":
            if kind in FRAMES:
                return batches_of(_reader(result, table), str(kind))
            return _records(result)
        if target.kind == "pyarrow.RecordBatchReader":
            return _reader(result, table)
    except BaseException:
        result.close()
        raise
    if kind not in FRAMES:
        return list(_records(result))
    if not installed("pyarrow") and not str(kind).startswith("pyarrow"):
        return _plain_frame(result, str(kind))
    found = _reader(result, table).read_all()
    return _pandas(found) if kind == "pandas.DataFrame" else frame_from_arrow(found, str(kind))


def _records(result: Result) -> Iterator[Dict[str, Any]]:
    names = [column.name for column in result.columns]
    try:
        for rows in result.rows():
            for row in rows:
                yield dict(zip(names, row))
    finally:
        result.close()


def _reader(result: Result, table: str) -> Any:
    arrow = pyarrow()
    if result.batches is not None:
        return arrow.RecordBatchReader.from_batches(result.schema, _closing(result))
    from glacier.core.tables.batches import table_of

    chunks = result.rows()
    try:
        begun: Rows = []
        first = table_of(next(chunks, begun), result.columns, None, table)
    except BaseException:
        result.close()
        raise

    def batches() -> Iterator[Any]:
        try:
            yield from first.to_batches()
            for rows in chunks:
                yield from table_of(rows, result.columns, first.schema, table).to_batches()
        finally:
            result.close()

    return arrow.RecordBatchReader.from_batches(first.schema, batches())


def _closing(result: Result) -> Iterator[Any]:
    try:
        if result.batches is not None:
            yield from result.batches()
    finally:
        result.close()


def _pandas(table: Any) -> Any:
    """A pandas frame in which an int with a missing value beside it stays an int."""
    library, arrow = pandas(), pyarrow()
    nullable = {
        arrow.int16(): library.Int16Dtype(),
        arrow.int32(): library.Int32Dtype(),
        arrow.int64(): library.Int64Dtype(),
        arrow.bool_(): library.BooleanDtype(),
    }
    gaps = [at for at in range(table.num_columns) if table.column(at).null_count]
    frame = table.to_pandas()
    for at in gaps:
        if table.column(at).type in nullable:
            column = table.column(at).to_pandas(types_mapper=nullable.get)
            frame[table.column_names[at]] = column
    return frame


def _plain_frame(result: Result, kind: str) -> Any:
    names = [column.name for column in result.columns]
    rows = list(_records(result))
    if kind == "pandas.DataFrame":
        return pandas().DataFrame(rows, columns=names)
    schema = {column.name: _polars_type(column) for column in result.columns}
    frame = polars().DataFrame(rows, schema=schema, infer_schema_length=None)
    return frame.lazy() if kind == "polars.LazyFrame" else frame


def _polars_type(column: Column) -> Any:
    library = polars()
    return {
        "bool": library.Boolean,
        "bytes": library.Binary,
        "date": library.Date,
        "float32": library.Float32,
        "float64": library.Float64,
        "int16": library.Int16,
        "int32": library.Int32,
        "int64": library.Int64,
        "interval": library.Duration("us"),
        "text": library.String,
        "time": library.Time,
        "timestamp": library.Datetime("us"),
        "timestamptz": library.Datetime("us", "UTC"),
    }.get(column.kind or "")
