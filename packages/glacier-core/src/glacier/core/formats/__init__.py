"""One value in one or more files, and back.

::

    write_value(value, stage) ──▶ Written: format, kind, parts, columns, rows
    read_value(paths, format=…, kind=…, wanted=…) ──▶ the value, or a stream of it
"""

from __future__ import annotations

from glacier.core.formats.choice import format_for, format_named
from glacier.core.formats.reading import read_value
from glacier.core.formats.records import Columns, Format, PartFile, Stage, Written
from glacier.core.formats.writing import write_value

__all__ = [
    "Columns",
    "Format",
    "PartFile",
    "Stage",
    "Written",
    "format_for",
    "format_named",
    "read_value",
    "write_value",
]
