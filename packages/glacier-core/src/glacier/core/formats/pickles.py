"""The format ``pickle``: any Python object, only where it was asked for by name."""

from __future__ import annotations

import pickle
from typing import Any, Iterator, Optional, Sequence

from glacier.core.errors import UnfitValue, UnreadableData
from glacier.core.errors._base import a_type
from glacier.core.formats.records import Columns, Parts

__all__ = ["FORMATS"]

_PROTOCOL = 5


class _Pickle:
    name = "pickle"
    extension = "pickle"

    def write(self, value: Any, kind: str, parts: Parts) -> Optional[Columns]:
        with open(parts.new(self.extension), "wb") as file:
            _dump(value, file, "value")
        return None

    def write_items(self, items: Iterator[Any], parts: Parts) -> Optional[Columns]:
        number, item = 0, next(items, parts)
        while item is not parts:
            begun = number
            with open(parts.new(self.extension), "wb") as file:
                while item is not parts and (file.tell() < parts.size or number == begun):
                    _dump(item, file, f"item {number}")
                    number, item = number + 1, next(items, parts)
            parts.count(number - begun)
        return None

    def read(self, paths: Sequence[str], kind: Optional[str]) -> Any:
        values = list(self.items(paths, kind))
        return values[0] if len(values) == 1 else values

    def items(self, paths: Sequence[str], kind: Optional[str]) -> Iterator[Any]:
        for path in paths:
            with open(path, "rb") as file:
                while file.peek(1):
                    yield _load(file, path)


FORMATS = {"pickle": _Pickle()}


def _dump(value: Any, file: Any, place: str) -> None:
    try:
        pickle.dump(value, file, protocol=_PROTOCOL)
    except (pickle.PicklingError, TypeError, AttributeError, RecursionError, ValueError) as error:
        raise UnfitValue(
            format="pickle",
            place=place,
            found=a_type(value),
            reason=str(error),
            mend="Return plain data, or objects of classes at the top level of a module.",
        ) from error


def _load(file: Any, path: str) -> Any:
    try:
        return pickle.load(file)
    except Exception as error:  # whatever the pickled classes raise
        raise UnreadableData(
            path=path,
            format="pickle",
            reason=f"{type(error).__name__}: {error}",
            mend="Is it damaged, or are its classes not importable here?",
        ) from error
