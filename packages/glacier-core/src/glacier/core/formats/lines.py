"""The format ``ndjson``: a JSON value a line; what streams of small items are written in."""

from __future__ import annotations

from typing import Any, Iterator, Optional, Sequence

from glacier.core.errors import UnfitValue
from glacier.core.errors._base import a_type
from glacier.core.formats.bytestreams import opened
from glacier.core.formats.documents import encoded, parsed
from glacier.core.formats.kinds import FRAMES
from glacier.core.formats.records import Columns, Parts
from glacier.core.formats.tabular import from_records
from glacier.core.formats.targets import check_target
from glacier.core.typeforms import class_of

__all__ = ["FORMATS"]


class _Lines:
    name = "ndjson"
    extension = "ndjson"

    def write(self, value: Any, kind: str, parts: Parts) -> Optional[Columns]:
        if class_of(value) is not list:
            raise UnfitValue(
                format=self.name,
                place="value",
                found=a_type(value),
                reason="it holds the items of a list or an iterator, a line each",
                mend="Return a list, or declare format='json'.",
            )
        if not value:
            open(parts.new(self.extension), "wb").close()
            parts.count(0)
        return self.write_items(iter(value), parts)

    def write_items(self, items: Iterator[Any], parts: Parts) -> Optional[Columns]:
        number, item = 0, next(items, parts)
        while item is not parts:
            begun = number
            with open(parts.new(self.extension), "wb") as file:
                while item is not parts and (file.tell() < parts.size or number == begun):
                    file.write(_line(item, number))
                    number, item = number + 1, next(items, parts)
            parts.count(number - begun)
        return None

    def read(self, paths: Sequence[str], kind: Optional[str]) -> Any:
        check_target(self.name, kind, FRAMES)
        if kind not in FRAMES:
            return list(self.items(paths, None))
        return from_records(self.items(paths, None), kind or "", self.name)

    def items(self, paths: Sequence[str], kind: Optional[str]) -> Iterator[Any]:
        check_target(self.name, kind)
        for path in paths:
            with opened(path, self.name) as file:
                for number, line in enumerate(file, 1):
                    if line.strip():
                        yield parsed(line, f"{path}, line {number},", self.name)


FORMATS = {"ndjson": _Lines()}


def _line(item: Any, number: int) -> bytes:
    return encoded([item], start=number, name="ndjson")[1:-1] + b"\n"
