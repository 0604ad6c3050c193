"""What ``glacier check FILE`` tells: everything that is wrong with the pipelines of a file."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence, Tuple

import click

from glacier.core.cli.options import format_json, target
from glacier.core.cli.output import located, plural, print_json, problem_data
from glacier.core.errors import DefinitionError, GlacierError
from glacier.core.loader import load, split_target

__all__ = ["check"]

FAILED = 1


@click.command()
@target
@format_json
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    help="'github' prints annotations that GitHub shows beside the lines of a pull request.",
)
@click.pass_context
def check(ctx: click.Context, target: str, as_json: bool, form: str) -> None:
    """Check the pipelines of a file; nothing runs.

    Without a name all pipelines of the file are checked. Exits with 1 if there are problems.
    """
    form = "json" if as_json else form
    ctx.meta["glacier.json"] = form == "json"
    found = _problems(target)
    problems = [problem for _, _, some in found for problem in some]
    if form == "json":
        print_json(
            {
                "pipelines": [
                    {"name": name, "tasks": tasks, "problems": [problem_data(p) for p in some]}
                    for name, tasks, some in found
                ]
            }
        )
    elif form == "github":
        for problem in problems:
            click.echo(_annotation(problem))
    else:
        for name, tasks, some in found:
            _print(name, tasks, some)
    ctx.exit(FAILED if problems else 0)


Checked = Tuple[str, int, Sequence[GlacierError]]


def _problems(target: str) -> List[Checked]:
    file, name = split_target(target)
    try:
        loaded = load(file)
    except DefinitionError as error:  # of one task: the file ends there
        return [(file, 0, error.problems)]
    # choose() also says what is wrong with a name, or with a file that has no pipeline.
    pipelines = loaded.unique() if name is None else ()
    checked: List[Checked] = []
    for pipeline in pipelines or (loaded.choose(name),):
        try:
            pipeline.graph()
            problems: Sequence[GlacierError] = ()
        except DefinitionError as error:
            problems = error.problems
        checked.append((pipeline.name, len(pipeline.tasks), problems))
    return checked


def _print(name: str, tasks: int, problems: Sequence[GlacierError]) -> None:
    if not problems:
        click.echo(f"{name}: {plural(tasks, 'task')}, no problems")
        return
    click.echo(f"{name}: {plural(len(problems), 'problem')}")
    for number, problem in enumerate(problems, 1):
        first, *rest = str(problem).splitlines()
        click.echo("\n".join([f"  {number}. {first}", *[f"     {line}" for line in rest]]))


def _annotation(problem: GlacierError) -> str:
    """A workflow command; its text may hold neither line ends nor what separates its parts."""
    file, line = located(problem)
    facts: Dict[str, Any] = {"file": file, "line": line} if file else {}
    where = ",".join(f"{key}={_escaped(str(value), ',:')}" for key, value in facts.items())
    return f"::error{f' {where}' if where else ''}::{_escaped(str(problem))}"


def _escaped(text: str, more: str = "") -> str:
    for letter in ("%", "\r", "\n", *more):
        text = text.replace(letter, f"%{ord(letter):02X}")
    return text
