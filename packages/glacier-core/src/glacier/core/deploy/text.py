"""A deployment as people read it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glacier.core.deploy.record import Deployment, Step

__all__ = ["line_of", "text_of"]

_SIGNS = {"create": "+", "delete": "-", "discard": "-", "replace": "±", "update": "~"}


def line_of(step: Step) -> str:
    """One step, as it is told while it happens."""
    return f"{_SIGNS.get(step.operation, '*')} {step.operation} {step.type} {step.name}"


def text_of(done: Deployment, *, with_steps: bool = True) -> str:
    """What was done, what is exported, and what was left."""
    head = f"{done.operation} of {done.pipeline} in {done.environment} ({done.location})"
    lines = [head]
    if done.note:
        return f"{head}\n  {done.note}\n"
    lines.append(f"  stack {done.stack} of {done.backend}")
    if with_steps:
        lines += ["", f"Steps ({len(done.steps)})"]
        lines += [f"  {line_of(step)}" for step in done.steps]
    lines += ["", _counts(done)]
    if done.outputs:
        width = max(len(name) for name in done.outputs)
        lines += ["", f"Outputs ({len(done.outputs)})"]
        found = sorted(done.outputs.items())
        lines += [f"  {name.ljust(width)}  {_shown(one.shown)}" for name, one in found]
    if done.addresses:
        width = max(len(name) for name in done.addresses)
        lines += ["", f"Addresses ({len(done.addresses)})"]
        lines += [f"  {name.ljust(width)}  {one}" for name, one in done.addresses.items()]
    if done.kept:
        lines += ["", f"Kept, for they hold data ({len(done.kept)})"]
        lines += [f"  {name}" for name in done.kept]
    if done.remarks:
        lines += ["", *done.remarks]
    return "\n".join(lines) + "\n"


def _counts(done: Deployment) -> str:
    told = ", ".join(f"{done.changes[key]} {key}" for key in sorted(done.changes))
    return told or "nothing has changed"


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
