"""Arrow batches ⇄ columns of tables."""

from __future__ import annotations

from typing import Any, Callable, Iterator, List, Optional, Tuple

from glacier.core.errors import UnfitTable
from glacier.core.formats.documents import encoded
from glacier.core.formats.tabular import pyarrow
from glacier.core.tables.columns import Column, named_once
from glacier.core.tables.sources import Rows, Source

__all__ = ["arrow_source", "arrow_type", "as_type", "conformed", "table_of"]


def arrow_source(table: Any, kind: str, name: str) -> Source:
    """The rows of an Arrow table or a ``RecordBatchReader``."""
    arrow = pyarrow()
    schema = table.schema
    named_once(schema.names, name)
    found = [_plan(arrow, field, name) for field in schema]
    columns = tuple(column for column, _, _ in found)

    def batches() -> Iterator[Any]:
        for batch in table.to_batches(65_536) if hasattr(table, "to_batches") else table:
            arrays = [
                _changed(change, batch.column(at), wanted, columns[at].name, name)
                for at, (_, wanted, change) in enumerate(found)
            ]
            yield arrow.RecordBatch.from_arrays(arrays, names=schema.names)

    def rows() -> Iterator[Rows]:
        for batch in batches():
            yield list(zip(*(batch.column(at).to_pylist() for at in range(batch.num_columns))))

    return Source(name, kind, columns, rows, batches)


_Change = Optional[Callable[[Any], Any]]


def conformed(table: Any, schema: Any, name: str, number: int) -> Any:
    """A frame of a stream with the schema of the first one.

    Its columns may be narrower, or without values, but of no other kind. Raises
    :class:`~glacier.core.errors.UnfitTable`.
    """
    arrow = pyarrow()
    if table.schema.names != schema.names:
        raise UnfitTable(
            table=name,
            place=f"frame {number}",
            reason=f"it has the columns {', '.join(table.schema.names)}",
            mend=f"The first has {', '.join(schema.names)}: let all have the same.",
        )
    for found, wanted in zip(table.schema, schema):
        one, other = _plan(arrow, found, name)[0].kind, _plan(arrow, wanted, name)[0].kind
        alike = str(one).rstrip("123456") == str(other).rstrip("123456")
        if not alike and not arrow.types.is_null(found.type):
            raise UnfitTable(
                table=name,
                place=f"column {found.name!r} of frame {number}",
                reason=f"it is {found.type}, and {wanted.type} in the first frame",
                mend="Let all frames have the same types.",
            )
    arrays = [
        as_type(table.column(at), field.type, f"{field.name} of frame {number}", name)
        for at, field in enumerate(schema)
    ]
    return arrow.Table.from_arrays(arrays, schema=schema)


def _plan(arrow: Any, field: Any, table: str) -> Tuple[Column, Any, _Change]:
    """The column of a field, the Arrow type its values are cast to, and what is done before."""
    kind, name = field.type, field.name
    types = arrow.types
    if types.is_dictionary(kind):
        inner = arrow.field(name, kind.value_type)
        column, wanted, _ = _plan(arrow, inner, table)
        return column, wanted, lambda array: array.dictionary_decode()
    if types.is_decimal(kind):
        return Column(name, "decimal", kind.precision, kind.scale), kind, None
    if types.is_uint64(kind):
        return Column(name, "decimal", 20, 0), arrow.decimal128(20, 0), None
    if types.is_timestamp(kind):
        zoned = kind.tz is not None
        wanted = arrow.timestamp("us", "UTC" if zoned else None)
        return Column(name, "timestamptz" if zoned else "timestamp"), wanted, None
    if types.is_nested(kind):
        return Column(name, "json"), arrow.string(), _texts
    for test, plain, wanted in _plain_types(arrow):
        # Older versions of Arrow do not have all of these types.
        if hasattr(types, f"is_{test}") and getattr(types, f"is_{test}")(kind):
            return Column(name, plain), wanted, None
    raise UnfitTable(
        table=table,
        place=f"column {name!r}",
        reason=f"it is of type {kind}, and no table has one like it",
        mend="Cast it to numbers, text, bytes, dates or times.",
    )


def _plain_types(arrow: Any) -> List[Tuple[str, str, Any]]:
    return [
        ("boolean", "bool", arrow.bool_()),
        ("int8", "int16", arrow.int16()),
        ("uint8", "int16", arrow.int16()),
        ("int16", "int16", arrow.int16()),
        ("uint16", "int32", arrow.int32()),
        ("int32", "int32", arrow.int32()),
        ("uint32", "int64", arrow.int64()),
        ("int64", "int64", arrow.int64()),
        ("float16", "float32", arrow.float32()),
        ("float32", "float32", arrow.float32()),
        ("float64", "float64", arrow.float64()),
        ("string", "text", arrow.string()),
        ("large_string", "text", arrow.large_string()),
        ("string_view", "text", arrow.string()),
        ("binary", "bytes", arrow.binary()),
        ("large_binary", "bytes", arrow.large_binary()),
        ("binary_view", "bytes", arrow.binary()),
        ("fixed_size_binary", "bytes", arrow.binary()),
        ("date", "date", arrow.date32()),
        ("time", "time", arrow.time64("us")),
        ("duration", "interval", arrow.duration("us")),
        ("null", "text", arrow.string()),
    ]


def _texts(array: Any) -> Any:
    """Nested values as JSON."""
    arrow = pyarrow()
    found = [None if one is None else encoded(one).decode() for one in array.to_pylist()]
    return arrow.array(found, arrow.string())


def _changed(change: _Change, array: Any, wanted: Any, column: str, table: str) -> Any:
    array = array if change is None else change(array)
    if array.type.equals(wanted):
        return array
    return as_type(array, wanted, column, table)


def as_type(array: Any, wanted: Any, column: str, table: str) -> Any:
    """An array cast to a type. Raises :class:`~glacier.core.errors.UnfitTable` if values change."""
    try:
        return array.cast(wanted)
    except (ValueError, TypeError, NotImplementedError) as error:
        raise UnfitTable(
            table=table,
            place=f"column {column!r}",
            reason=f"as {wanted} its values would change ({error})",
            mend="Round or cast it before.",
        ) from error


def arrow_type(column: Column) -> Any:
    """The Arrow type of a column of a table; ``None`` where the values must tell."""
    arrow = pyarrow()
    if column.kind == "decimal":
        if column.precision is None:
            return arrow.decimal128(38, 9)
        return arrow.decimal128(column.precision, column.scale or 0)
    return {
        "bool": arrow.bool_(),
        "bytes": arrow.binary(),
        "date": arrow.date32(),
        "float32": arrow.float32(),
        "float64": arrow.float64(),
        "int16": arrow.int16(),
        "int32": arrow.int32(),
        "int64": arrow.int64(),
        "interval": arrow.duration("us"),
        "json": arrow.string(),
        "text": arrow.string(),
        "time": arrow.time64("us"),
        "timestamp": arrow.timestamp("us"),
        "timestamptz": arrow.timestamp("us", "UTC"),
        "uuid": arrow.string(),
    }.get(column.kind or "")


def table_of(rows: Rows, columns: Tuple[Column, ...], schema: Any, name: str) -> Any:
    """Rows as an Arrow table; with a schema, that of the batches before."""
    arrow = pyarrow()
    arrays: List[Any] = []
    for at, column in enumerate(columns):
        values = [row[at] for row in rows]
        if column.kind in ("json", "uuid"):
            values = [_text(value, column.kind) for value in values]
        wanted = schema.field(at).type if schema is not None else arrow_type(column)
        try:
            arrays.append(arrow.array(values, wanted))
        except (ValueError, TypeError, OverflowError) as error:
            raise UnfitTable(
                table=name,
                place=f"column {column.name!r}",
                reason=f"its values do not fit {wanted or 'one type'} ({error})",
                mend="Cast it in the query.",
            ) from error
    names = [column.name for column in columns]
    if schema is not None:
        return arrow.Table.from_arrays(arrays, schema=schema)
    return arrow.Table.from_arrays(arrays, names=names)


def _text(value: Any, kind: str) -> Any:
    if value is None or isinstance(value, str):
        return value
    return str(value) if kind == "uuid" else encoded(value).decode()
