"""Whether a table that was written would come back equal, found without reading it again.

Parquet gives values back as they are; what may change are types, and those its schema tells. Only
columns whose values a schema does not describe (objects and categories of pandas) are read back.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Generator, List, NoReturn

from glacier.core.errors import UnfitValue
from glacier.core.errors._base import a_type
from glacier.core.libraries import library
from glacier.core.typeforms import class_of

__all__ = ["check_labels", "check_pandas", "check_records", "check_schema", "refusing"]

_OTHER = "or declare format='pickle'."


def _refuse(place: str, found: str, reason: str, mend: str) -> NoReturn:
    raise UnfitValue(format="parquet", place=place, found=found, reason=reason, mend=mend)


@contextmanager
def refusing(name: str, value: Any, schema: Any = None) -> Generator[None, None, None]:
    """Turn what a library says of a value that it cannot convert into an error that names it."""
    try:
        yield
    except (TypeError, ValueError, NotImplementedError, KeyError, OverflowError) as error:
        shown = f"of the columns {', '.join(schema.names)}" if schema is not None else ""
        raise UnfitValue(
            format=name,
            place="value",
            found=a_type(value) if value is not None else f"a table {shown}",
            reason=" ".join(map(str, error.args)) or type(error).__name__,
            mend=f"Give each column one type, {_OTHER}",
        ) from error


def check_schema(before: Any, after: Any, unfit: Any = None) -> None:
    """Compare two schemas of one library, polars' or Arrow's; ``unfit`` is a type refused."""
    types = [before[name] for name in before] if unfit is not None else []
    for name, kind in zip(before, types):
        if kind == unfit:
            _refuse(f"column {name!r}", f"of type {kind}", "it holds Python objects", _MEND)
    if hasattr(before, "field"):
        pairs = zip(before, after)
        for one, other in pairs:
            if not one.equals(other):
                _changed(one.name, str(one.type), str(other.type))
        return
    for name in before:
        # Older versions of polars know a decimal without a precision, which has the highest.
        same = str(before[name]).replace("precision=None", "precision=38") == str(after.get(name))
        if before[name] != after.get(name) and not same:
            _changed(name, str(before[name]), str(after.get(name)))


_MEND = f"Cast it to another type, {_OTHER}"


def _changed(name: str, before: str, after: str) -> NoReturn:
    _refuse(f"column {name!r}", f"of type {before}", f"it would come back as {after}", _MEND)


def check_records(table: Any, rows: List[Any], start: int) -> None:
    """Compare records with those that an Arrow table gives."""
    for number, (back, row) in enumerate(zip(table.to_pylist(), rows), start):
        if back == row and class_of(row) is dict:
            continue
        key = next((key for key in row if key not in back or back[key] != row[key]), None)
        found = f"{row[key]!r} ({a_type(row[key])})" if key is not None else f"{row!r}"
        same = key is not None and key in back
        _refuse(
            f"value[{number}]" + (f"[{key!r}]" if key is not None else ""),
            found if len(found) < 80 else f"{found[:79]}…",
            f"it would come back as {back[key]!r}"
            if same
            else f"all rows need the columns of the first: {', '.join(table.column_names)}",
            f"Give all rows the same keys and types, with None where one is missing, {_OTHER}",
        )
    if table.num_rows != len(rows):
        _refuse("value", "a list of empty dicts", "a table needs columns", f"Add one, {_OTHER}")


def check_pandas(frame: Any, schema: Any, path: str) -> None:
    """Compare a frame with what its file gives back, reading only columns that need it."""
    parquet = library("pyarrow.parquet", need="format 'parquet'")
    with open(path, "rb") as file:
        source = parquet.ParquetFile(file)
        empty = source.schema_arrow.empty_table().to_pandas()
        _check_labels(frame, empty)
        doubtful: List[int] = []
        for position, before in enumerate(frame.dtypes):
            after = empty.dtypes.iloc[position]
            if _is_object(before) or str(before) == "category":
                doubtful.append(position)
            elif before != after:
                _changed(str(frame.columns[position]), str(before), str(after))
        for position in doubtful:
            back = source.read(columns=[schema.names[position]], use_pandas_metadata=False)
            _check_column(frame.iloc[:, position], back.to_pandas().iloc[:, 0])
        width = len(frame.columns)
        if len(schema.names) > width:
            index = source.read(columns=schema.names[width:], use_pandas_metadata=True)
            _check_index(frame.index, index.to_pandas().index)


def check_labels(frame: Any) -> None:
    """Refuse a pandas frame whose columns Arrow would rename, before it warns of that."""
    if len(set(map(class_of, frame.columns))) > 1:
        _refuse(
            "the column labels",
            f"{list(frame.columns)[:8]}",
            "those that are no text would come back as text",
            f"Name the columns by text, {_OTHER}",
        )


def _check_labels(frame: Any, empty: Any) -> None:
    if list(frame.columns) != list(empty.columns) or frame.columns.names != empty.columns.names:
        _refuse(
            "the column labels",
            f"{list(frame.columns)[:8]}",
            f"they would come back as {list(empty.columns)[:8]}",
            f"Name the columns by text, {_OTHER}",
        )


def _check_index(before: Any, after: Any) -> None:
    same = before.dtype == after.dtype or str(after.dtype) == "str"
    if not (same and before.equals(after) and list(before.names) == list(after.names)):
        _refuse("the index", f"of type {before.dtype}", "it would not come back equal", _INDEX)


_INDEX = f"Make it a column (.reset_index()), {_OTHER}"


def _check_column(before: Any, after: Any) -> None:
    name = str(before.name)
    text = str(after.dtype) == "str" and _is_object(before.dtype)  # as pandas 3 holds text
    if before.dtype != after.dtype and not text:
        _changed(name, str(before.dtype), str(after.dtype))
    if not _is_object(before.dtype):
        if not before.reset_index(drop=True).equals(after.reset_index(drop=True)):
            _changed(name, str(before.dtype), "other categories")
        return
    for row, (one, other, absent) in enumerate(zip(before, after, before.isna())):
        if not absent and not _same(one, other):
            shown = repr(one) if len(repr(one)) < 60 else f"{repr(one)[:59]}…"
            _refuse(
                f"column {name!r}, row {row}",
                f"{shown} ({a_type(one)})",
                f"it would come back as {a_type(other)}, {str(other)[:60]}",
                f"Use a frame of polars or Arrow for nested data, {_OTHER}",
            )


def _is_object(dtype: Any) -> bool:
    return str(dtype) == "object"


def _same(one: Any, other: Any) -> bool:
    if class_of(one) is not class_of(other):
        return False
    equal = one == other
    return isinstance(equal, bool) and equal
