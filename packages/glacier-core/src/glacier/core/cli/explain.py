"""What ``--explain`` tells: for each task whether it will run, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Sequence

import click

from glacier.core.cli.output import print_json, print_table

if TYPE_CHECKING:
    from glacier.core.storage.decisions import Decision

__all__ = ["print_decisions", "wants_explanation"]

wants_explanation = click.option(
    "--explain", "explains", is_flag=True,
    help="Run nothing, and tell for each task why it will or will not run.",
)  # fmt: skip


def print_decisions(decisions: Sequence[Decision], *, as_json: bool) -> None:
    """Print a table, or JSON: ``{"tasks": [{"task": …, "runs": true, "why": …}, …]}``."""
    if as_json:
        print_json({"tasks": [_data(decision) for decision in decisions]})
        return
    rows = [
        (decision.task, "yes" if decision.runs else "no", decision.why) for decision in decisions
    ]
    print_table(("task", "runs", "why"), rows)


def _data(decision: Decision) -> Dict[str, Any]:
    found = [kept for kept in decision.found if kept is not None]
    return {
        "task": decision.task,
        "runs": decision.runs,
        "why": decision.why,
        "fingerprint": decision.fingerprint,
        "reuses": [kept.reference.to_json() for kept in found],
    }
