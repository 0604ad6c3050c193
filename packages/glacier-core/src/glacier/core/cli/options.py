"""Options and arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, List, TypeVar

import click
from click.shell_completion import CompletionItem

__all__ = ["format_json", "root", "target"]

F = TypeVar("F", bound=Callable[..., Any])


def _files(ctx: click.Context, param: click.Parameter, incomplete: str) -> List[CompletionItem]:
    return [CompletionItem(incomplete, type="file")]  # the shell itself completes it


def target(function: F) -> F:
    """The argument FILE[:PIPELINE]."""
    return click.argument("target", metavar="FILE[:PIPELINE]", shell_complete=_files)(function)


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
