"""What ``glacier run FILE`` does: a run of a pipeline, its progress, and its summary."""

from __future__ import annotations

from typing import Sequence

import click

from glacier.core.cli.execution import How, Request, carry_out, execution, parameters
from glacier.core.cli.explain import wants_explanation
from glacier.core.cli.options import format_json, target

__all__ = ["run"]


@click.command()
@target
@click.option(
    "--param", "-p", "params", metavar="NAME=VALUE", multiple=True,
    help="A run parameter, or TASK.NAME=VALUE for one task alone; read by its declared type.",
)  # fmt: skip
@click.option(
    "--select", "-s", metavar="EXPR", multiple=True,
    help="Run a part: 'clean+', '+report', 'extract..report', 'tag:nightly'. Several add up.",
)  # fmt: skip
@execution
@wants_explanation
@format_json
@click.pass_context
def run(
    ctx: click.Context,
    target: str,
    params: Sequence[str],
    select: Sequence[str],
    how: How,
    explains: bool,
    as_json: bool,
) -> None:
    """Run a pipeline of a file.

    What the file declares above its first execute() is the pipeline; that call itself, and what
    stands below it, does not take place. Exits with 1 if a task fails.
    """
    request = Request(target, parameters(params), list(select))
    carry_out(ctx, request, how, explains=explains, as_json=as_json)
