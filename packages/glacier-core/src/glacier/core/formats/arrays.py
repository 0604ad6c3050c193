"""The format ``npy``: a NumPy array, never with Python objects in it."""

from __future__ import annotations

from typing import Any, Iterator, Optional, Sequence

from glacier.core.errors import UnfitValue, UnreadableData
from glacier.core.errors._base import a_type
from glacier.core.formats.records import Columns, Parts
from glacier.core.formats.targets import check_target
from glacier.core.libraries import library

__all__ = ["FORMATS"]


class _Npy:
    name = "npy"
    extension = "npy"

    def write(self, value: Any, kind: str, parts: Parts) -> Optional[Columns]:
        numpy = library("numpy", need="format 'npy'")
        reason = f"it is no numpy.ndarray but {a_type(value)}"
        if kind == "numpy.ndarray":
            reason = _lost(numpy, value.dtype)
        if reason:
            raise UnfitValue(
                format=self.name,
                place="value",
                found=a_type(value) + (f" of {value.dtype}" if hasattr(value, "dtype") else ""),
                reason=reason,
                mend="Return a plain array of numbers, dates or fixed-length text, "
                "or declare format='pickle'.",
            )
        with open(parts.new(self.extension), "wb") as file:
            numpy.save(file, value, allow_pickle=False)
        parts.count(len(value) if value.ndim else None)
        return None

    def write_items(self, items: Iterator[Any], parts: Parts) -> Optional[Columns]:
        for item in items:
            self.write(item, "numpy.ndarray", parts)
        return None

    def read(self, paths: Sequence[str], kind: Optional[str]) -> Any:
        check_target(self.name, kind)
        values = list(self.items(paths, kind))
        return values[0] if len(values) == 1 else values

    def items(self, paths: Sequence[str], kind: Optional[str]) -> Iterator[Any]:
        check_target(self.name, kind)
        numpy = library("numpy", need="format 'npy'")
        for path in paths:
            try:
                with open(path, "rb") as file:
                    array = numpy.load(file, allow_pickle=False)
            except (ValueError, EOFError) as error:
                raise UnreadableData(
                    path=path,
                    format=self.name,
                    reason=str(error),
                    mend="It is damaged, or was not written by numpy.save without objects.",
                ) from error
            yield array


FORMATS = {"npy": _Npy()}


def _lost(numpy: Any, dtype: Any) -> str:
    """What of a type the file would not tell, for nothing else can get lost."""
    if dtype.hasobject:
        return "it holds Python objects, and could only be pickled"
    if dtype.metadata is not None:
        return "the metadata of its type would be lost"
    written = numpy.lib.format.dtype_to_descr(dtype)
    same = numpy.lib.format.descr_to_dtype(written) == dtype
    return "" if same else f"its type would come back as {written}"
