"""The formats ``text`` and ``bytes``: a string as UTF-8, and bytes as they are."""

from __future__ import annotations

from typing import Any, Iterator, Optional, Sequence

from glacier.core.errors import UnfitValue, UnreadableData
from glacier.core.errors._base import a_type
from glacier.core.formats.bytestreams import opened
from glacier.core.formats.records import Columns, Parts
from glacier.core.formats.targets import check_target

__all__ = ["FORMATS"]


class _Bytes:
    name = "bytes"
    extension = "bin"
    kind = "bytes"

    def write(self, value: Any, kind: str, parts: Parts) -> Optional[Columns]:
        if kind != self.kind:
            raise UnfitValue(
                format=self.name,
                place="value",
                found=a_type(value),
                reason=f"it holds {self.kind} alone",
                mend=f"Return {self.kind}, or leave format= out and let the type choose.",
            )
        data = self._encoded(value)
        with open(parts.new(self.extension), "wb") as file:
            file.write(data)
        return None

    def write_items(self, items: Iterator[Any], parts: Parts) -> Optional[Columns]:
        for item in items:
            self.write(item, type(item).__name__, parts)
        return None

    def read(self, paths: Sequence[str], kind: Optional[str]) -> Any:
        check_target(self.name, kind)
        values = list(self.items(paths, kind))
        return values[0] if len(values) == 1 else values

    def items(self, paths: Sequence[str], kind: Optional[str]) -> Iterator[Any]:
        check_target(self.name, kind)
        for path in paths:
            with opened(path, self.name) as file:
                yield self._decoded(file.read(), path)

    def _encoded(self, value: Any) -> bytes:
        return bytes(value)

    def _decoded(self, data: bytes, path: str) -> Any:
        return data


class _Text(_Bytes):
    name = "text"
    extension = "txt"
    kind = "str"

    def _encoded(self, value: Any) -> bytes:
        try:
            return str(value).encode()
        except UnicodeEncodeError as error:
            raise UnfitValue(
                format=self.name,
                place=f"value[{error.start}]",
                found=f"the character {value[error.start]!r}",
                reason="a lone surrogate has no UTF-8",
                mend="Mend the text (.encode(errors='replace')), or declare format='pickle'.",
            ) from error

    def _decoded(self, data: bytes, path: str) -> Any:
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise UnreadableData(
                path=path,
                format=self.name,
                reason=f"byte {error.start} is no UTF-8",
                mend="Read it as format='bytes' and decode it in the task.",
            ) from error


FORMATS = {"bytes": _Bytes(), "text": _Text()}
