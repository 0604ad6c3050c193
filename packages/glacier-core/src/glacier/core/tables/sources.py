"""A value → its columns and its rows, in batches."""

from __future__ import annotations

from itertools import chain
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

from glacier.core.errors import UnfitTable
from glacier.core.errors._base import a_type
from glacier.core.formats.kinds import FRAMES, kind_of
from glacier.core.formats.tabular import chunks, polars, pyarrow
from glacier.core.libraries import installed
from glacier.core.tables.columns import Column, columns_of, fitted, named_once
from glacier.core.typeforms import class_of

__all__ = ["Rows", "Source", "source_of"]

Rows = List[Tuple[Any, ...]]
_CHUNK = 10_000


def _nothing() -> None:
    """Close what need not be closed."""


class Source(NamedTuple):
    """What is written to a table.

    ``columns`` is empty if the value tells none. The rows come as tuples of Python values from
    ``rows()``, or as Arrow batches from ``batches``, where those are at hand; ``streamed`` if they
    are made while they are taken, ``stored`` if they are in the form of the database already.
    ``close`` is called when the rows have been written, or will not be.
    """

    table: str
    kind: str
    columns: Tuple[Column, ...]
    rows: Callable[[], Iterator[Rows]]
    batches: Optional[Callable[[], Iterator[Any]]] = None
    streamed: bool = False
    stored: bool = False
    close: Callable[[], None] = _nothing


def source_of(value: Any, table: str) -> Source:
    """The rows of a value. Raises :class:`~glacier.core.errors.UnfitTable`."""
    kind = kind_of(value)
    if kind in FRAMES:
        found = _of_frame(value, kind, table)
        return found._replace(streamed=kind == "pyarrow.RecordBatchReader")
    if kind == "iterator":
        return _of_stream(value, table)._replace(streamed=True)
    if class_of(value) is list:
        return _of_records(value, iter(()), table, "object", whole=True)
    raise UnfitTable(
        table=table,
        place="the value",
        reason=f"it is {a_type(value)}",
        mend="Return a list of dicts, a frame of pandas, polars or Arrow, or an iterator of them.",
    )


def _of_records(
    first: List[Any], rest: Iterator[Any], table: str, kind: str, *, whole: bool
) -> Source:
    columns = columns_of(first, table, whole=whole)
    names = [column.name for column in columns]

    def rows() -> Iterator[Rows]:
        number = 0
        for chunk in chunks(chain(first, rest), _CHUNK):
            yield [_row(row, number + at, names, columns, table) for at, row in enumerate(chunk)]
            number += len(chunk)

    return Source(table, kind, columns, rows)


def _row(
    row: Any, number: int, names: List[str], columns: Tuple[Column, ...], table: str
) -> Tuple[Any, ...]:
    if class_of(row) is not dict or not row.keys() <= set(names):
        found = f"it has the keys {list(row)}" if class_of(row) is dict else f"it is {a_type(row)}"
        mend = f"The first {_CHUNK:,} rows decide on the columns: {', '.join(names)}."
        raise UnfitTable(table=table, place=f"row {number}", reason=found, mend=mend)
    values: Dict[str, Any] = row
    return tuple(fitted(values.get(column.name), column, number, table) for column in columns)


def _of_stream(items: Iterator[Any], table: str) -> Source:
    first = next(items, None)
    if kind_of(first) in FRAMES:
        return _of_frames(chain([first], items), first, table)
    if first is None:
        return Source(table, "iterator", (), lambda: iter(()))
    items = chain([first], items)
    begun = next(chunks(items, _CHUNK))
    return _of_records(begun, items, table, "iterator", whole=False)


def _of_frame(frame: Any, kind: str, table: str) -> Source:
    if not installed("pyarrow"):
        frame = frame.collect() if kind == "polars.LazyFrame" else frame
        return _without_arrow(frame, kind, table)
    if kind == "polars.LazyFrame":
        return _of_lazy(frame, table)
    from glacier.core.tables.batches import arrow_source

    return arrow_source(_to_arrow(frame, table), kind, table)


def _of_lazy(frame: Any, table: str) -> Source:
    """The rows of a query of polars, by way of a file: it is never whole in memory."""
    import shutil
    import tempfile

    from glacier.core.formats import format_named, write_value
    from glacier.core.tables.batches import arrow_source

    folder = tempfile.mkdtemp(prefix="glacier-")

    def close() -> None:
        shutil.rmtree(folder, ignore_errors=True)

    try:
        written = write_value(frame, lambda extension: f"{folder}/rows.{extension}")
        paths = [part.path for part in written.parts]
        reader = format_named("parquet").read(paths, "pyarrow.RecordBatchReader")
        return arrow_source(reader, written.kind, table)._replace(close=close)
    except BaseException:
        close()
        raise


def _of_frames(frames: Iterator[Any], first: Any, table: str) -> Source:
    from glacier.core.tables.batches import arrow_source, conformed

    arrow = pyarrow(need="an iterator of frames")
    schema = _to_arrow(first, table).schema

    def batches() -> Iterator[Any]:
        for number, frame in enumerate(frames):
            yield from conformed(_to_arrow(frame, table), schema, table, number).to_batches()

    reader = arrow.RecordBatchReader.from_batches(schema, batches())
    return arrow_source(reader, "iterator", table)


def _to_arrow(frame: Any, table: str) -> Any:
    """A frame as an Arrow table; of a pandas index, what has a name becomes a column."""
    kind = kind_of(frame)
    if kind == "polars.LazyFrame":
        frame, kind = frame.collect(), "polars.DataFrame"
    if kind == "polars.DataFrame":
        return frame.to_arrow()
    arrow = pyarrow()
    if kind == "pyarrow.RecordBatch":
        return arrow.Table.from_batches([frame])
    if kind != "pandas.DataFrame":
        return frame
    named = _with_index(frame)
    named_once(list(map(str, named.columns)), table)
    try:
        found = arrow.Table.from_pandas(named, preserve_index=False)
    except (TypeError, ValueError, NotImplementedError) as error:
        raise UnfitTable(
            table=table,
            place="a column of the frame",
            reason=" ".join(map(str, error.args)),
            mend="Give each column one type.",
        ) from error
    return found.rename_columns(list(map(str, named.columns))).replace_schema_metadata(None)


def _with_index(frame: Any) -> Any:
    named = [name for name in frame.index.names if name is not None]
    return frame.reset_index(named) if named else frame


def _without_arrow(frame: Any, kind: str, table: str) -> Source:
    """The rows of a frame by its own library; a column without values is text."""
    if kind == "pandas.DataFrame":
        frame = _with_index(frame)
        columns = {str(name): _plain(frame[name]) for name in frame.columns}
    else:
        polars()
        columns = {name: frame[name].to_list() for name in frame.columns}
    names = list(columns)
    records = [dict(zip(names, row)) for row in zip(*columns.values())]
    source = _of_records(records, iter(()), table, kind, whole=True)
    if records or not names:
        return source
    return source._replace(columns=tuple(Column(name, "text") for name in names))


def _plain(series: Any) -> List[Any]:
    values = series.astype(object).where(series.notna(), None).tolist()
    return [value.to_pydatetime() if hasattr(value, "to_pydatetime") else value for value in values]
