"""Options and arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, List, TypeVar

import click
from click.shell_completion import CompletionItem

__all__ = ["complete_file", "complete_run", "format_json", "root", "target"]

F = TypeVar("F", bound=Callable[..., Any])


def complete_file(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> List[CompletionItem]:
    """Files, which the shell itself completes."""
    return [CompletionItem(incomplete, type="file")]


def complete_run(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> List[CompletionItem]:
    """The ids of runs in the history."""
    from glacier.core.errors import HistoryError
    from glacier.core.history.reader import read_runs

    try:
        records = read_runs(ctx.params.get("root") or Path(".glacier"), limit=100)
    except HistoryError:
        return []
    items = [CompletionItem("last")] if records else []
    items += [CompletionItem(one.run_id, help=f"{one.pipeline}, {one.state}") for one in records]
    return [item for item in items if item.value.startswith(incomplete)]


def target(function: F) -> F:
    """The argument FILE[:PIPELINE]."""
    return click.argument("target", metavar="FILE[:PIPELINE]", shell_complete=complete_file)(
        function
    )


def _remember(ctx: click.Context, param: click.Parameter, value: bool) -> bool:
    ctx.meta["glacier.json"] = value  # for errors that are met later
    return value


def format_json(function: F) -> F:
    """The option --json."""
    text = "Print facts, and problems, as JSON on standard output."
    option = click.option(
        "--json", "as_json", is_flag=True, callback=_remember, is_eager=True, help=text
    )
    return option(function)


def root(function: F) -> F:
    """The option --root."""
    return click.option(
        "--root",
        type=click.Path(path_type=Path, file_okay=False),
        default=".glacier",
        show_default=True,
        help="The folder in which Glacier keeps what it knows of runs.",
    )(function)
