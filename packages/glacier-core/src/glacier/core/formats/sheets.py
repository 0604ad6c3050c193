"""The format ``csv``: text with a head line, where an empty field is a missing value.

CSV names no types, so what was written is read again, and refused if it differs.
"""

from __future__ import annotations

import csv
import io
from typing import Any, Dict, Iterator, List, Optional, Sequence

from glacier.core.errors import UnfitValue, UnreadableData
from glacier.core.errors._base import a_type
from glacier.core.formats.bytestreams import opened
from glacier.core.formats.kinds import FRAMES
from glacier.core.formats.records import Columns, Parts
from glacier.core.formats.sheet_frames import read_frame, scan_frame, write_frame
from glacier.core.formats.tabular import batches_of, frame_from_arrow
from glacier.core.formats.targets import check_target
from glacier.core.libraries import installed
from glacier.core.typeforms import class_of

__all__ = ["FORMATS"]

_MEND = "Declare format='parquet' for a frame, or format='json' for records."


class _Csv:
    name = "csv"
    extension = "csv"

    def write(self, value: Any, kind: str, parts: Parts) -> Optional[Columns]:
        if kind == "path":
            from glacier.core.formats.files import take_in

            take_in(value, self.extension, self.name, parts)
            return None
        if kind in FRAMES:
            return write_frame(value, kind, parts)
        if class_of(value) is not list or not value:
            raise UnfitValue(
                format=self.name,
                place="value",
                found=a_type(value) + (" of no rows" if value == [] else ""),
                reason="it holds frames, and lists of dicts of text",
                mend=_MEND,
            )
        return self.write_items(iter(value), parts)

    def write_items(self, items: Iterator[Any], parts: Parts) -> Optional[Columns]:
        number, row = 0, next(items, None)
        names = _names(row)
        while row is not None:
            begun = number
            with open(parts.new(self.extension), "w", encoding="utf-8", newline="") as file:
                writer = csv.writer(
                    file
                )  # its line end, as in RFC 4180, makes it quote those in fields
                writer.writerow(names)
                while row is not None and (file.tell() < parts.size or number == begun):
                    writer.writerow(_fields(row, names, number))
                    number, row = number + 1, next(items, None)
            parts.count(number - begun)
        return tuple((name, "str") for name in names)

    def read(self, paths: Sequence[str], kind: Optional[str]) -> Any:
        check_target(self.name, kind, FRAMES)
        if kind in ("object", "dict") or (kind is None and not _has_frames()):
            return list(_rows(paths))
        return read_frame(paths, kind)

    def items(self, paths: Sequence[str], kind: Optional[str]) -> Iterator[Any]:
        check_target(self.name, kind, FRAMES)
        if kind in (None, "object", "dict"):
            return _rows(paths)
        if installed("pyarrow"):
            return batches_of(scan_frame(paths, "pyarrow.RecordBatchReader"), str(kind))
        return (frame_from_arrow(read_frame([path], "pyarrow.Table"), str(kind)) for path in paths)


FORMATS = {"csv": _Csv()}


def _has_frames() -> bool:
    return any(map(installed, ("pandas", "polars", "pyarrow")))


def _names(row: Any) -> List[str]:
    if class_of(row) is not dict:
        return []
    return list(row)


def _fields(row: Any, names: List[str], number: int) -> List[str]:
    """The fields of a record, which must be text under the names of the first one."""
    place, found = f"value[{number}]", row
    if class_of(row) is dict and list(row) == names and names:
        entries = row
        wrong = next((one for one in entries.items() if {*map(type, one)} != {str}), None)
        if wrong is None and "\0" not in "".join([*entries, *entries.values()]):
            return list(entries.values())
        if wrong is not None:
            place, found = f"{place}[{wrong[0]!r}]", wrong[1]
        reason = "all is text in CSV, and would come back as text"
    else:
        reason = f"each record needs the same keys in the same order, here {names}"
    raise UnfitValue(
        format="csv",
        place=place,
        found=f"{str(found)[:60]!r} ({a_type(found)})",
        reason=reason,
        mend=_MEND,
    )


def _rows(paths: Sequence[str]) -> Iterator[Dict[str, str]]:
    for path in paths:
        with opened(path, "csv") as file:
            text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
            reader = csv.reader(text, strict=True)
            try:
                names = next(reader, None) or []
                for fields in reader:
                    if fields and len(fields) != len(names):
                        raise csv.Error(f"{len(fields)} fields under {len(names)} names")
                    if fields:
                        yield dict(zip(names, fields))
            except (csv.Error, UnicodeDecodeError) as error:
                raise UnreadableData(
                    path=f"{path}, line {reader.line_num},",
                    format="csv",
                    reason=str(error),
                    mend="Mend the file, or read it as format='text' in a task of its own.",
                ) from error
            finally:
                text.detach()
