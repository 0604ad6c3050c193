"""The commands on what is deployed: ``deploy``, ``preview``, ``refresh`` and ``destroy``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Callable, TypeVar

import click

from glacier.core.cli.options import format_json, target
from glacier.core.cli.output import print_json, problem_data, stdout_for_json

if TYPE_CHECKING:
    from glacier.core.deploy import Deployment, Step

__all__ = ["deploy", "destroy", "preview", "refresh"]

F = TypeVar("F", bound=Callable[..., Any])

FAILED = 1


def _stack(function: F) -> F:
    """The options that say which stack."""
    texts = [
        ("--env", "environment", "NAME", "One of the file's environments."),
        ("--backend", "backend", "URL", "Where the state is kept; by itself below .glacier."),
        ("--stack", "stack", "NAME", "A stack that there is; by itself that of the environment."),
    ]
    for option, name, metavar, text in reversed(texts):
        function = click.option(option, name, metavar=metavar, help=text)(function)
    return function


_secrets_provider = click.option(
    "--secrets-provider", metavar="URL", help="A key that encrypts the secrets of a new stack."
)
_resources_only = click.option(
    "--resources-only", is_flag=True, help="Leave the tasks out, and what conducts them."
)
_yes = click.option("--yes", "-y", is_flag=True, help="Do not ask.")


@click.command()
@target
@_stack
@_secrets_provider
@_resources_only
@_yes
@format_json
@click.pass_context
def deploy(ctx: click.Context, /, **given: Any) -> None:
    """Make the resources of a pipeline in a cloud, or bring them up to date.

    Without --yes it shows first what would be done, and asks.
    """
    if _must_ask(given):
        _run(ctx, "preview", given)
        click.confirm("Deploy?", abort=True, err=True)
    _run(ctx, "deploy", given)


@click.command()
@target
@_stack
@_secrets_provider
@_resources_only
@format_json
@click.pass_context
def preview(ctx: click.Context, /, **given: Any) -> None:
    """Show what 'deploy' would do, by the engine's comparison with the stack."""
    _run(ctx, "preview", given)


@click.command()
@target
@_stack
@_yes
@format_json
@click.pass_context
def refresh(ctx: click.Context, /, **given: Any) -> None:
    """Take over into the state what is there in the cloud; nothing is changed there."""
    if _must_ask(given):
        click.confirm("Replace the state by what is there in the cloud?", abort=True, err=True)
    _run(ctx, "refresh", given)


@click.command()
@target
@_stack
@click.option("--delete-data", is_flag=True, help="Delete buckets, databases and secrets too.")
@_yes
@format_json
@click.pass_context
def destroy(ctx: click.Context, /, **given: Any) -> None:
    """Delete what was deployed; what holds data stays, unless --delete-data says otherwise."""
    if _must_ask(given):
        what = "everything, WITH ALL DATA" if given["delete_data"] else "all that holds no data"
        click.confirm(f"Delete {what}?", abort=True, err=True)
    _run(ctx, "destroy", given)


def _must_ask(given: Any) -> bool:
    """Whether to ask before anything is done. Raises where nobody could answer."""
    if given["yes"]:
        return False
    if given["as_json"] or not sys.stdin.isatty():
        raise click.UsageError("there is nobody here to say yes: give --yes.")
    return True


def _run(ctx: click.Context, operation: str, given: Any) -> None:
    from glacier.core.deploy import Asked, Settings, operate_on_file
    from glacier.core.errors import DeployFailed
    from glacier.core.registration import Wish

    settings = Settings(given["backend"], given["stack"], given.get("secrets_provider"))
    tells = None if operation == "preview" else _tell
    wish = Wish(tasks=False) if given.get("resources_only") else None
    asked = Asked(operation, settings, bool(given.get("delete_data")), tells, wish)
    try:
        with stdout_for_json(given["as_json"]):
            done = operate_on_file(given["target"], given["environment"], asked)
    except DeployFailed as error:  # something was done, so it is not the command that is wrong
        if given["as_json"]:
            print_json({"problems": [problem_data(error)]})
        else:
            click.echo(f"{click.style('Error:', fg='red')} {error}", err=True)
        ctx.exit(FAILED)
    _print(done, as_json=given["as_json"])


def _tell(step: Step) -> None:
    from glacier.core.deploy.text import line_of

    click.echo(line_of(step), err=True)


def _print(done: Deployment, *, as_json: bool) -> None:
    from glacier.core.deploy.text import text_of

    if as_json:
        print_json(done.to_json())
    else:
        # The steps of anything but a preview have been told while they were done.
        click.echo(text_of(done, with_steps=done.operation == "preview"), nl=False)
