"""Between records (a list of dicts) and the frames of pandas, polars and Arrow."""

from __future__ import annotations

from itertools import islice
from typing import Any, Dict, Iterable, Iterator, List, Sequence

from glacier.core.errors import UnfitTarget
from glacier.core.errors._base import a_type
from glacier.core.libraries import installed, library
from glacier.core.typeforms import class_of

__all__ = [
    "batches_of",
    "chunks",
    "default_frame",
    "frame_from_arrow",
    "from_records",
    "pandas",
    "polars",
    "pyarrow",
    "records_of",
]

_CHUNK = 10_000


def pandas() -> Any:
    return library("pandas", need="a pandas.DataFrame")


def polars() -> Any:
    return library("polars", need="a polars frame")


def pyarrow(module: str = "pyarrow", *, need: str = "an Arrow table") -> Any:
    return library(module, need=need, install="pyarrow")


def default_frame(name: str) -> str:
    """The kind of frame where none is asked for: of the first library that is installed."""
    if installed("pandas") and installed("pyarrow"):
        return "pandas.DataFrame"
    if installed("polars"):
        return "polars.DataFrame"
    pyarrow(need=f"format {name!r}")
    return "pyarrow.Table"


def records_of(values: Sequence[Any], name: str) -> Iterator[Dict[str, Any]]:
    """The rows of JSON documents, each a list of objects or one object."""
    for value in values:
        for row in value if class_of(value) is list else [value]:
            if class_of(row) is not dict:
                raise UnfitTarget(
                    format=name,
                    wanted="a frame",
                    mend=f"Its rows must be objects, and one is {a_type(row)}.",
                )
            yield row


def chunks(items: Iterator[Any], size: int = _CHUNK) -> Iterator[List[Any]]:
    """The items, ``size`` at a time."""
    chunk = list(islice(items, size))
    while chunk:
        yield chunk
        chunk = list(islice(items, size))


def from_records(records: Iterable[Dict[str, Any]], kind: str, name: str) -> Any:
    """Records as a frame. Raises :class:`~glacier.core.errors.UnfitTarget`."""
    if kind == "pyarrow.RecordBatchReader":
        return _reader(iter(records))
    rows = list(records_of(list(records), name))
    if kind == "pandas.DataFrame":
        return pandas().DataFrame(rows)
    if kind == "polars.DataFrame":
        return polars().DataFrame(rows, infer_schema_length=None)
    if kind == "polars.LazyFrame":
        return polars().DataFrame(rows, infer_schema_length=None).lazy()
    table = pyarrow().Table.from_pylist(_evened(rows))
    return table if kind == "pyarrow.Table" else table.combine_chunks().to_batches()[0]


def _evened(rows: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """The rows, the first with all names: Arrow takes the columns from that one alone."""
    names: Dict[str, None] = {}
    for row in rows:
        names.update(dict.fromkeys(row))
    return [{name: rows[0].get(name) for name in names}, *rows[1:]] if rows else rows


def _reader(records: Iterator[Dict[str, Any]]) -> Any:
    """Batches of records; the first says which columns there are."""
    arrow = pyarrow()
    first = list(islice(records, _CHUNK))
    table = arrow.Table.from_pylist(_evened(first))

    def batches() -> Iterator[Any]:
        yield from table.to_batches()
        for rows in chunks(records):
            yield arrow.RecordBatch.from_pylist(rows, schema=table.schema)

    return arrow.RecordBatchReader.from_batches(table.schema, batches())


def frame_from_arrow(table: Any, kind: str) -> Any:
    """An Arrow table as another kind of frame, or as records."""
    if kind == "pandas.DataFrame":
        pandas()
        return table.to_pandas()
    if kind == "polars.DataFrame":
        return polars().from_arrow(table)
    if kind == "polars.LazyFrame":
        return polars().from_arrow(table).lazy()
    if kind == "pyarrow.RecordBatchReader":
        return table.to_reader()
    if kind == "pyarrow.RecordBatch":
        arrow = pyarrow()
        batches = table.combine_chunks().to_batches()
        return batches[0] if batches else arrow.RecordBatch.from_pylist([], schema=table.schema)
    return table if kind == "pyarrow.Table" else table.to_pylist()


def batches_of(reader: Any, kind: str) -> Iterator[Any]:
    """The batches of a ``RecordBatchReader`` as frames of that kind, or the rows as dicts."""
    arrow = pyarrow()
    for batch in reader:
        if kind in ("dict", "object"):
            yield from batch.to_pylist()
        elif kind == "pyarrow.RecordBatch":
            yield batch
        else:
            yield frame_from_arrow(arrow.Table.from_batches([batch], schema=batch.schema), kind)
