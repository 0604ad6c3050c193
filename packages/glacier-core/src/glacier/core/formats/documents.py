"""The format ``json``: one document a part, for values that it gives back equal and in order.

The text of a value is always the same: no spaces, letters as they are, items of a dict in its
order, which is part of what a reader sees.
"""

from __future__ import annotations

import json
from typing import IO, Any, FrozenSet, Iterator, List, Optional, Sequence, Tuple

from glacier.core.errors import UnfitValue, UnreadableData
from glacier.core.errors._base import a_type
from glacier.core.formats.bytestreams import opened
from glacier.core.formats.kinds import FRAMES
from glacier.core.formats.records import Columns, Parts
from glacier.core.formats.tabular import from_records, records_of
from glacier.core.formats.targets import check_target
from glacier.core.typeforms import class_of

__all__ = ["DEPTH", "FORMATS", "encoded", "parsed", "unfit"]

DEPTH = 500  # levels of lists and dicts; Python's own parser gives up at about a thousand
_PLAIN: FrozenSet[Any] = frozenset([str, int, float, bool, type(None)])
_CONTAINERS: FrozenSet[Any] = frozenset([list, dict])
_KNOWN = _PLAIN | _CONTAINERS
_CHUNK = 10_000
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class _Json:
    name = "json"
    extension = "json"

    def write(self, value: Any, kind: str, parts: Parts) -> Optional[Columns]:
        path = parts.new(self.extension)
        with open(path, "wb") as file:
            if class_of(value) is list:
                _write_list(value, file)
            else:
                file.write(encoded(value))
        parts.count(len(value) if class_of(value) is list else None)
        return None

    def write_items(self, items: Iterator[Any], parts: Parts) -> Optional[Columns]:
        return self.write(list(items), "object", parts)

    def read(self, paths: Sequence[str], kind: Optional[str]) -> Any:
        check_target(self.name, kind, FRAMES)
        values = [_document(path) for path in paths]
        if kind in FRAMES:
            return from_records(records_of(values, self.name), str(kind), self.name)
        return values[0] if len(values) == 1 else values

    def items(self, paths: Sequence[str], kind: Optional[str]) -> Iterator[Any]:
        for path in paths:
            document = _document(path)
            yield from document if class_of(document) is list else [document]


FORMATS = {"json": _Json()}


def _write_list(value: List[Any], file: IO[bytes]) -> None:
    """A long list a few items at a time, so that its text is never whole in memory."""
    file.write(b"[")
    for start in range(0, len(value), _CHUNK):
        text = encoded(value[start : start + _CHUNK], start=start)
        file.write(b"," + text[1:-1] if start else text[1:-1])
    file.write(b"]")


def encoded(value: Any, *, start: Optional[int] = None, name: str = "json") -> bytes:
    """The text of a value; ``start`` if it is the part of a list that begins there.

    Raises :class:`~glacier.core.errors.UnfitValue`, naming the first place that is unfit.
    """
    try:
        text = _ENCODER.encode(value).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise unfit(value, start, name, str(error)) from error
    if not _fits(value):
        raise unfit(value, start, name, "")
    return text


def _fits(value: Any) -> bool:
    """Whether all types come back: the encoder takes tuples, subclasses and keys like 1 as well.

    Level by level, and by sets of types, which are made without a step of the interpreter for each
    value.
    """
    level: List[Any] = [[value]]
    for _ in range(DEPTH + 1):
        below: List[Any] = []
        for container in level:
            inside = container
            if class_of(container) is dict:
                if container and set(map(type, container)) != {str}:
                    return False
                inside = container.values()
            kinds = set(map(type, inside))
            if not kinds <= _KNOWN:
                return False
            if not kinds.isdisjoint(_CONTAINERS):
                below += [one for one in inside if class_of(one) in _CONTAINERS]
        if not below:
            return True
        level = below
    return False


_Found = Tuple[str, Any, str, str]


def unfit(value: Any, start: Optional[int], name: str, reason: str) -> UnfitValue:
    """The error for a value that is known to be unfit."""
    place, found, why, mend = _first(value, start) or ("value", value, reason, "")
    place = place if len(place) <= 100 else f"{place[:60]}…{place[-30:]}"
    return UnfitValue(
        format=name,
        place=place,
        found=_shown(found),
        reason=why,
        mend=mend or "Declare format='pickle', or return plain data.",
    )


def _shown(value: Any) -> str:
    try:
        text = " ".join(repr(value).split("\n"))
    except Exception:  # the repr of somebody's class
        text = "…"
    return f"{text if len(text) <= 60 else f'{text[:59]}…'} ({a_type(value)})"


def _first(value: Any, start: Optional[int]) -> Optional[_Found]:
    """The first place that is unfit, in the order in which a reader of the value looks."""
    stack: List[Tuple[str, Any, int]] = [("value", value, 0)]
    while stack:
        place, one, depth = stack.pop()
        found = _wrong(one, depth)
        if found is not None:
            return (place, one, *found)
        if class_of(one) is list:
            first = start or 0 if depth == 0 else 0
            inside = [
                (f"{place}[{number}]", item, depth + 1) for number, item in enumerate(one, first)
            ]
            stack.extend(reversed(inside))
        elif class_of(one) is dict:
            entries = one
            wrong = next((key for key in entries if class_of(key) is not str), None)
            if wrong is not None or None in entries:
                reason = f"its key {_shown(wrong)} is no text, and JSON has only such keys"
                return place, one, reason, "Write the keys as text, or declare format='pickle'."
            for key in reversed(list(entries)):
                stack.append((f"{place}[{key!r}]", entries[key], depth + 1))
                if not _is_utf8(key):
                    stack.append((f"{place}'s key {key!r}", key, depth + 1))
    return None


_PICKLE = "or declare format='pickle'."
_MENDS = {
    "tuple": ("it would come back as a list", f"Return a list, {_PICKLE}"),
    "set": ("JSON has no sets", f"Return a sorted list, {_PICKLE}"),
    "frozenset": ("JSON has no sets", f"Return a sorted list, {_PICKLE}"),
    "bytes": ("JSON has no bytes", f"Return bytes alone, text (.decode()), {_PICKLE}"),
    "date": ("JSON has no dates", f"Write it as text (.isoformat()), {_PICKLE}"),
    "datetime": ("JSON has no dates", f"Write it as text (.isoformat()), {_PICKLE}"),
    "Decimal": ("JSON would make it a float", f"Write it as text (str()), {_PICKLE}"),
}


def _wrong(value: Any, depth: int) -> Optional[Tuple[str, str]]:
    kind = class_of(value)
    if kind is float and value - value != 0:
        return "JSON has no such number", f"Use None for a missing number, {_PICKLE}"
    if kind is str and not _is_utf8(value):
        return "it holds a lone surrogate, which has no UTF-8", f"Mend the text, {_PICKLE}"
    if kind is int and value.bit_length() > 14_000:
        return "Python reads no number of so many digits", f"Write it as text (hex()), {_PICKLE}"
    if depth > DEPTH:
        return f"it lies {DEPTH} levels deep, or contains itself", f"Flatten it, {_PICKLE}"
    if kind in _KNOWN:
        return None
    for base in kind.__mro__:
        if base.__name__ in _MENDS:
            return _MENDS[base.__name__]
    if kind.__module__.partition(".")[0] == "numpy" and hasattr(value, "item"):
        return "it would come back as a plain number", f"Use .item() or .tolist(), {_PICKLE}"
    if hasattr(value, "to_frame"):
        return "JSON has no such value", f"Return a frame (.to_frame()), {_PICKLE}"
    if issubclass(kind, tuple(_KNOWN)):
        base = next(one.__name__ for one in kind.__mro__ if one in _KNOWN)
        return f"it would come back as a plain {base}", f"Return {base}(…), {_PICKLE}"
    return "JSON has no such value", f"Return dicts, lists, text and numbers, {_PICKLE}"


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _document(path: str) -> Any:
    with opened(path, "json") as file:
        data = file.read()
    return parsed(data, path, "json")


def parsed(data: bytes, path: str, name: str) -> Any:
    """The value of a JSON text; a byte order mark before it does no harm.

    Raises :class:`~glacier.core.errors.UnreadableData`.
    """
    try:
        return json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        mend = "Is the file damaged, or of another format?"
        if name == "json" and "Extra data" in str(error):
            mend = "If each line is a value of its own, it is format='ndjson'."
        raise UnreadableData(path=path, format=name, reason=str(error), mend=mend) from error
