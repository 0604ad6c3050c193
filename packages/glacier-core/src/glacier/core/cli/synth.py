"""What ``glacier synth FILE`` shows: the resources and permissions of a pipeline in a cloud."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Optional

import click

from glacier.core.cli.options import format_json, target
from glacier.core.cli.output import print_json, stdout_for_json
from glacier.core.errors import CannotSynth

__all__ = ["synth"]

CHANGED = 1


@click.command()
@target
@click.option("--env", "environment", metavar="NAME", help="One of the file's environments.")
@format_json
@click.option(
    "--diff",
    "old",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Show what differs from this, an earlier output of --json; exits with 1 if any does.",
)
@click.pass_context
def synth(
    ctx: click.Context, target: str, environment: Optional[str], as_json: bool, old: Optional[Path]
) -> None:
    """Show every resource and permission that a pipeline would have; no cloud is needed.

    Nothing runs and nothing is registered anywhere: neither an account nor credentials are used.
    """
    from glacier.core.synth import Synth, changes, synth_file
    from glacier.core.synth.text import text_of_changes

    before = None if old is None else Synth.from_json(_read(old))
    with stdout_for_json(as_json):
        found = synth_file(target, environment)
    if before is None:
        if as_json:
            print_json(found.to_json())
        else:
            click.echo(str(found), nl=False)
        return
    differing = changes(before, found)
    if as_json:
        print_json({"changes": [one._asdict() for one in differing]})
    else:
        click.echo(text_of_changes(differing), nl=False)
    ctx.exit(CHANGED if differing else 0)


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        mend = "Give a file that 'glacier synth --json' wrote."
        raise CannotSynth(target=str(file), reason="it is not JSON", mend=mend) from error
