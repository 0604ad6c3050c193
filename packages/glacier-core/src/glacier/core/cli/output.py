"""What the commands print: tables, JSON, times, and standard output kept free for JSON."""

from __future__ import annotations

import json
import os
import re
import sys
from contextlib import contextmanager, redirect_stdout
from typing import (
    TYPE_CHECKING,
    Any,
    Dict,
    Generator,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
)

import click

from glacier.core.errors import GlacierError

if TYPE_CHECKING:
    from glacier.core.catalog.cells import Head

__all__ = [
    "byte_size",
    "counted",
    "located",
    "plural",
    "print_head",
    "print_json",
    "print_table",
    "problem_data",
    "seconds",
    "stdout_for_json",
    "with_attempts",
]

FORMAT = 1
"""The format of all JSON that the command prints; a field may come, none changes its meaning."""

_STYLES = {
    "succeeded": "green", "failed": "red", "upstream failed": "yellow", "lost": "yellow",
    "cancelled": "yellow", "running": "cyan",
}  # fmt: skip


def print_json(data: Mapping[str, Any]) -> None:
    """Print one JSON document to standard output."""
    click.echo(json.dumps({"format": FORMAT, **data}, indent=2, ensure_ascii=False))


def problem_data(problem: GlacierError) -> Dict[str, Any]:
    """A problem as JSON data."""
    file, line = located(problem)
    kind = type(problem).__name__
    return {"kind": kind, "file": file, "line": line, "message": str(problem)}


_PLACE = re.compile(r"(?:^|\()([^()\n]+?\.\w+):(\d+)\b")


def located(problem: GlacierError) -> Tuple[Optional[str], Optional[int]]:
    """The first file and line that a problem names."""
    found = _PLACE.search(str(problem))
    return (found[1], int(found[2])) if found else (None, None)


def seconds(value: Optional[float]) -> str:
    """A duration as people read it."""
    if value is None:
        return ""
    if value < 100:
        return f"{value:.3f} s" if value < 10 else f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def byte_size(value: Optional[int]) -> str:
    """A number of bytes as people read it."""
    if value is None or value < 1000:
        return "" if value is None else f"{value} B"
    size = float(value)
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if size < 999.5:
            return f"{size:.3g} {unit}"
    return f"{size / 1000:.3g} TB"


def print_head(title: str, head: Head) -> None:
    """The beginning of a value, below a title."""
    from glacier.core.catalog.cells import shown

    if head.note and not head.rows:
        click.echo(f"\n{title}: {head.note}")
        return
    note = f" ({head.note})" if head.note else ""
    click.echo(f"\n{title}{note}:")
    rows = [tuple([shown(cell) for cell in row]) for row in head.rows]
    if head.columns is not None:
        print_table(head.columns, rows)
        return
    for row in rows:
        click.echo("  ".join(row))


def print_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table: coloured and as wide as the terminal, or plain and whole where it goes to a file."""
    if sys.stdout.isatty():
        _print_rich(headers, rows)
        return
    lines = [headers, *rows]
    widths = [max(len(line[n]) for line in lines) for n in range(len(headers))]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def _print_rich(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for header in headers:
        table.add_column(header, overflow="fold")
    for row in rows:
        table.add_row(*[Text(cell, style=_STYLES.get(cell, "")) for cell in row])
    Console().print(table)


@contextmanager
def stdout_for_json(wanted: bool) -> Generator[None, None, None]:
    """While this is open, what tasks print goes to standard error, also from their processes."""
    if not wanted:
        yield
        return
    with _descriptor_redirected(), redirect_stdout(sys.stderr):
        yield


@contextmanager
def _descriptor_redirected() -> Generator[None, None, None]:
    try:
        sys.stdout.flush()
        number, error = sys.stdout.fileno(), sys.stderr.fileno()
    except (OSError, AttributeError, ValueError):  # not files, as in a test
        yield
        return
    kept = os.dup(number)
    os.dup2(error, number)
    try:
        yield
    finally:
        os.dup2(kept, number)
        os.close(kept)


def plural(number: int, noun: str) -> str:
    """``1 task``, ``2 tasks``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def with_attempts(note: str, attempts: int) -> str:
    """A note on a task, with the number of its last attempt where there were several."""
    if attempts < 2:
        return note
    return f"{note} (attempt {attempts})" if note else f"attempt {attempts}"


def counted(counts: Mapping[str, int]) -> str:
    """``3 succeeded, 1 failed``."""
    parts: List[str] = [f"{number} {state.replace('_', ' ')}" for state, number in counts.items()]
    return ", ".join(parts)
