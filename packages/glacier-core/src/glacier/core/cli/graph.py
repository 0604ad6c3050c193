"""What ``glacier graph FILE`` draws: a picture of a pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import click

from glacier.core.cli.options import target
from glacier.core.loader import load, split_target

__all__ = ["graph"]


@click.command()
@target
@click.option(
    "--format",
    "form",
    type=click.Choice(["mermaid", "dot", "svg", "html"]),
    help="The default follows the ending of --output, and is mermaid without it.",
)
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="A file to write."
)
def graph(target: str, form: Optional[str], output: Optional[Path]) -> None:
    """Draw the graph of a pipeline; nothing runs, and no other program is needed."""
    file, name = split_target(target)
    pipeline = load(file).choose(name)
    if form is None:
        endings = {".dot": "dot", ".gv": "dot", ".svg": "svg", ".html": "html", ".htm": "html"}
        form = endings.get(output.suffix, "mermaid") if output is not None else "mermaid"
    text = pipeline.render(form)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.FileError(str(output), str(error.strerror)) from error
    click.echo(f"wrote {output}", err=True)
