"""Arrow batches ⇄ the CSV of PostgreSQL's COPY."""

from __future__ import annotations

from typing import Any, Iterator, List, Tuple

from glacier.core.errors import UnfitTable
from glacier.core.formats.tabular import pyarrow
from glacier.core.tables.batches import arrow_type
from glacier.core.tables.columns import Column

__all__ = ["batches_of_copy", "csv_of", "schema_of", "selected"]

_BLOCK = 4 << 20
_NEED = "a table as Arrow"


def csv_of(batch: Any, columns: Tuple[Column, ...], table: str) -> bytes:
    """The rows of a batch as CSV: text is always quoted, so an empty field is a missing value."""
    arrow, arrow_csv = pyarrow(), pyarrow("pyarrow.csv", need=_NEED)
    arrays = [_written(batch.column(at), column) for at, column in enumerate(columns)]
    names = [str(number) for number in range(len(arrays))]
    sink = arrow.BufferOutputStream()
    options = arrow_csv.WriteOptions(include_header=False)
    arrow_csv.write_csv(arrow.RecordBatch.from_arrays(arrays, names=names), sink, options)
    found: bytes = sink.getvalue().to_pybytes()
    return found


def _written(array: Any, column: Column) -> Any:
    """An array of what CSV has a form for."""
    arrow = pyarrow()
    if column.kind == "bytes":
        texts = [None if one is None else f"\\x{one.hex()}" for one in array.to_pylist()]
        return arrow.array(texts, arrow.string())
    if column.kind == "interval":
        texts = [None if one is None else f"{one} microseconds" for one in _micros(array)]
        return arrow.array(texts, arrow.string())
    if column.kind in ("decimal", "time"):
        return array.cast(arrow.string())
    if column.kind == "timestamptz":
        return array.cast(arrow.timestamp("us")).cast(arrow.string())
    return array


def _micros(array: Any) -> List[Any]:
    found: List[Any] = array.cast(pyarrow().int64()).to_pylist()
    return found


def selected(query: str, columns: Tuple[Column, ...]) -> str:
    """The COPY that gives a query's columns as CSV, each in a form that Arrow reads."""
    told = ", ".join(map(_expression, columns))
    return f"COPY (SELECT {told} FROM ({query}\n) AS q) TO STDOUT (FORMAT csv)"


def _expression(column: Column) -> str:
    name = 'q."{}"'.format(column.name.replace('"', '""'))
    if column.kind == "bytes":
        return f"encode({name}, 'hex')"
    if column.kind == "timestamptz":
        return f"{name} AT TIME ZONE 'UTC'"
    if column.kind == "interval":
        return f"(extract(epoch FROM {name}) * 1000000)::bigint"
    if column.kind in ("json", "uuid", None):
        return f"{name}::text"
    return name


def schema_of(columns: Tuple[Column, ...]) -> Any:
    """The schema of the batches; a type that Arrow lacks is text."""
    arrow = pyarrow()
    return arrow.schema([(one.name, arrow_type(one) or arrow.string()) for one in columns])


def batches_of_copy(copy: Any, columns: Tuple[Column, ...], table: str) -> Iterator[Any]:
    """The rows of a COPY as batches; the server sends whole rows, so each block can be parsed."""
    schema = schema_of(columns)
    held: List[bytes] = []
    size = 0
    for data in copy:
        held.append(bytes(data))
        size += len(held[-1])
        if size >= _BLOCK:
            yield from _parsed(b"".join(held), schema, columns, table)
            held, size = [], 0
    if held:
        yield from _parsed(b"".join(held), schema, columns, table)


def _parsed(block: bytes, schema: Any, columns: Tuple[Column, ...], table: str) -> List[Any]:
    arrow, arrow_csv = pyarrow(), pyarrow("pyarrow.csv", need=_NEED)
    types = {
        str(number): _read_type(arrow, column, schema.field(number).type)
        for number, column in enumerate(columns)
    }
    convert = arrow_csv.ConvertOptions(
        column_types=types,
        null_values=[""],
        true_values=["t"],
        false_values=["f"],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    reading = arrow_csv.ReadOptions(column_names=list(types), block_size=2 * len(block) + 1)
    parsing = arrow_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False)
    try:
        found = arrow_csv.read_csv(arrow.BufferReader(block), reading, parsing, convert)
        arrays = [
            _read(found.column(number), column, schema.field(number).type)
            for number, column in enumerate(columns)
        ]
    except (ValueError, TypeError) as error:
        raise UnfitTable(
            table=table,
            place="a value",
            reason=f"Arrow cannot hold it ({error})",
            mend="Cast it in the query, or read the rows as dicts.",
        ) from error
    batches: List[Any] = arrow.Table.from_arrays(arrays, schema=schema).to_batches()
    return batches


def _read_type(arrow: Any, column: Column, wanted: Any) -> Any:
    if column.kind == "bytes":
        return arrow.string()
    if column.kind == "interval":
        return arrow.int64()
    return arrow.timestamp("us") if column.kind == "timestamptz" else wanted


def _read(array: Any, column: Column, wanted: Any) -> Any:
    if column.kind == "bytes":
        values = [None if one is None else bytes.fromhex(one) for one in array.to_pylist()]
        return pyarrow().array(values, wanted)
    return array.cast(wanted) if array.type != wanted else array
