"""A synthesis as people read it, in a terminal or under a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, Iterator, List, Sequence

from glacier.core.contracts.providers import Registered

if TYPE_CHECKING:
    from glacier.core.synth.changes import Change
    from glacier.core.synth.record import Synth

__all__ = ["text_of", "text_of_changes"]

_BARRIERS = 10  # are told; all of them are in the JSON


def text_of(synth: Synth) -> str:
    """Resources as a tree, permissions as a table, names that were changed, barriers, warnings."""
    head = f"{synth.pipeline} in {synth.environment or 'no environment'} ({synth.location})"
    lines = [head, "", f"Resources ({len(synth.resources)})", *_tree(synth.resources)]
    lines += ["", f"Permissions ({len(synth.permissions)})"]
    lines += _table([(one.task, one.access, one.kind, one.name, one.storage)
                     for one in synth.permissions])  # fmt: skip
    if synth.names:
        lines += ["", "Names in the cloud"]
        lines += _table([(one.kind, one.name, one.called) for one in synth.names])
    if synth.barriers:
        lines += ["", f"Barriers ({len(synth.barriers)})"]
        lines += [f"  {one}" for one in synth.barriers[:_BARRIERS]]
        if len(synth.barriers) > _BARRIERS:
            lines += [f"  and {len(synth.barriers) - _BARRIERS} more"]
    if synth.warnings:
        lines += ["", f"Warnings ({len(synth.warnings)})"]
        lines += [f"  {warning}" for warning in synth.warnings]
    return "\n".join(lines) + "\n"


def text_of_changes(found: Sequence[Change]) -> str:
    """What differs, one line each; permissions come first."""
    if not found:
        return "nothing has changed\n"
    signs = {"added": "+", "removed": "-", "changed": "~"}
    return "".join(f"{signs[one.kind]} {one.what}: {one.subject}{_detail(one)}\n" for one in found)


def _detail(change: Change) -> str:
    return f" ({change.detail})" if change.detail else ""


def _tree(rows: Sequence[Registered]) -> Iterator[str]:
    known = {f"{row.type} {row.name}" for row in rows}
    parts: Dict[str, List[Registered]] = {}
    for row in rows:
        parts.setdefault(row.parent if row.parent in known else "", []).append(row)

    def below(whole: str, depth: int) -> Iterator[str]:
        for row in parts.pop(whole, ()):
            yield f"{'  ' * depth}{row.type} {row.name}"
            yield from below(f"{row.type} {row.name}", depth + 1)

    return below("", 1)


def _table(rows: Sequence[Sequence[str]]) -> List[str]:
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))] if rows else []
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
        for row in rows
    ]
