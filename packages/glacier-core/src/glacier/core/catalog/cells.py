"""A value as rows and cells, for people and for JSON."""

from __future__ import annotations

import math
import reprlib
from itertools import islice
from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple, cast

from glacier.core.formats.kinds import kind_of
from glacier.core.typeforms import class_of

__all__ = ["Head", "head_of_items", "head_of_value", "shown"]

_WIDEST = 200  # letters of a cell, for people

_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = _repr.maxlong = _WIDEST


class Head(NamedTuple):
    """The beginning of a value: of a table ``columns`` and its first ``rows``, of anything else
    one cell a row. ``note`` says what people should know of it, or why there is nothing."""

    columns: Optional[Tuple[str, ...]] = None
    rows: Tuple[Tuple[Any, ...], ...] = ()
    note: str = ""


def head_of_items(items: Iterable[Any], count: int, *, note: str = "") -> Head:
    """The first items; a table if they are records."""
    first = list(islice(items, count))
    if first and all(class_of(one) is dict for one in first):
        return _table(first, note)
    return Head(None, tuple([(_plain(one),) for one in first]), note)


def head_of_value(value: Any, count: int) -> Head:
    """The beginning of a value that is in memory."""
    found = _FRAMES.get(kind_of(value))
    if found is not None:
        return found(value, count)
    if class_of(value) is dict:
        pairs = list(islice(cast("Mapping[Any, Any]", value).items(), count))
        rows = tuple([(_plain(key), _plain(one)) for key, one in pairs])
        return Head(("key", "value"), rows, f"a dict, keys: {len(value):,}")
    if class_of(value) in (list, tuple):
        return head_of_items(value, count)
    return Head(None, ((_plain(value),),))


def shown(cell: Any) -> str:
    """A cell for people, on one line."""
    text = cell if isinstance(cell, str) else _text(cell)
    text = " ".join(text.split())
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _table(records: List[Any], note: str) -> Head:
    names: Dict[Any, None] = {}
    for record in records:
        names.update(dict.fromkeys(record))
    rows = [tuple([_plain(record.get(name)) for name in names]) for record in records]
    return Head(tuple(map(str, names)), tuple(rows), note)


def _pandas(frame: Any, count: int) -> Head:
    first = frame.head(count)
    rows = [tuple(map(_plain, row)) for row in first.itertuples(index=False, name=None)]
    return Head(tuple(map(str, frame.columns)), tuple(rows))


def _polars(frame: Any, count: int) -> Head:
    rows = [tuple(map(_plain, row)) for row in frame.head(count).rows()]
    return Head(tuple(frame.columns), tuple(rows))


def _lazy(frame: Any, count: int) -> Head:
    return _polars(frame.head(count).collect(), count)


def _batches(reader: Any, count: int) -> Head:
    names = tuple(reader.schema.names)
    rows: Tuple[Tuple[Any, ...], ...] = ()
    while len(rows) < count:
        try:
            batch = reader.read_next_batch()
        except StopIteration:
            break
        rows += _arrow(batch, count - len(rows)).rows
    return Head(names, rows)


def _arrow(table: Any, count: int) -> Head:
    names = tuple(table.schema.names)
    columns = [
        [_plain(one) for one in column.to_pylist()] for column in table.slice(0, count).columns
    ]
    return Head(names, tuple(zip(*columns)))


def _array(array: Any, count: int) -> Head:
    note = f"an array of {array.dtype}, of shape {tuple(array.shape)}"
    if not array.ndim:
        return Head(None, ((_plain(array[()]),),), note)
    if array.ndim == 2:
        columns = tuple(map(str, range(array.shape[1])))
        rows = [tuple(map(_plain, row)) for row in array[:count]]
        return Head(columns, tuple(rows), note)
    return Head(None, tuple([(_plain(one),) for one in array[:count]]), note)


_FRAMES: Dict[str, Callable[[Any, int], Head]] = {
    "numpy.ndarray": _array,
    "pandas.DataFrame": _pandas,
    "polars.DataFrame": _polars,
    "polars.LazyFrame": _lazy,
    "pyarrow.RecordBatch": _arrow,
    "pyarrow.RecordBatchReader": _batches,
    "pyarrow.Table": _arrow,
}


def _plain(value: Any) -> Any:
    """A value that JSON has, as it is, else its text."""
    kind = class_of(value)
    if kind in (str, bool, int, type(None)):
        return value
    if kind is float:
        return value if math.isfinite(value) else str(value)
    if hasattr(value, "dtype") and hasattr(value, "item") and not getattr(value, "ndim", 1):
        return _plain(value.item())  # a number of NumPy
    return _text(value)


def _text(value: Any) -> str:
    try:
        return _repr.repr(value) if class_of(value) in _CONTAINERS else str(value)
    except Exception:  # a text may fail; what is stored is none the worse
        return f"<{class_of(value).__qualname__}>"


_CONTAINERS = (list, tuple, dict, set, frozenset, bytes)
