"""What ``glacier run FILE`` does: a run of a pipeline, its progress, and its summary."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Sequence, Tuple, cast

import click
from click.shell_completion import CompletionItem

from glacier.core.cli.options import format_json, root, target
from glacier.core.cli.output import print_json, stdout_for_json
from glacier.core.cli.signals import terminable
from glacier.core.errors import GlacierWarning, MissingParameter, RequestError
from glacier.core.loader import load, split_target
from glacier.core.progress import MODES, progress_listener

if TYPE_CHECKING:
    from glacier.core.contracts import Executor, Listener
    from glacier.core.pipeline import Pipeline
    from glacier.core.run import Run

__all__ = ["run"]

FAILED = 1


def _executors(ctx: click.Context, param: click.Parameter, start: str) -> List[CompletionItem]:
    from glacier.core.registry import installed

    names = installed("glacier.executors")
    return [CompletionItem(name) for name in names if name.startswith(start)]


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
@click.option(
    "--executor", default="local", show_default=True, shell_complete=_executors,
    help="An installed executor, by its name.",
)  # fmt: skip
@click.option("--workers", "-w", type=click.IntRange(min=1), help="How many tasks run at a time.")
@click.option(
    "--processes/--threads", default=None,
    help="Run tasks in worker processes, or (the default) on threads of this one.",
)  # fmt: skip
@click.option(
    "--fail-fast/--keep-going", default=None,
    help="After a failure start nothing more, or (the default) go on with what does not need it.",
)  # fmt: skip
@click.option("--history/--no-history", default=True, help="Note the run for 'glacier runs'.")
@click.option(
    "--progress", type=click.Choice(MODES), default="auto", show_default=True,
    help="Bars on a terminal, plain lines elsewhere, or nothing; on standard error.",
)  # fmt: skip
@root
@format_json
@click.pass_context
def run(
    ctx: click.Context,
    target: str,
    params: Sequence[str],
    select: Sequence[str],
    executor: str,
    workers: Optional[int],
    processes: Optional[bool],
    fail_fast: Optional[bool],
    history: bool,
    progress: str,
    root: Path,
    as_json: bool,
) -> None:
    """Run a pipeline of a file.

    What the file declares above its first execute() is the pipeline; that call itself, and what
    stands below it, does not take place. Exits with 1 if a task fails.
    """
    given = [_split(param) for param in params]
    with stdout_for_json(as_json):
        file, name = split_target(target)
        pipeline = load(file).choose(name)
        request = {"file": target, "params": dict(given), "select": list(select)}
        asked = {"workers": workers, "processes": processes, "fail_fast": fail_fast}
        chosen = _executor(executor, asked, root)
        listeners = _listeners(progress, root if history else None, request)
        done = _execute(chosen, pipeline, dict(given), select, listeners)
    from glacier.core.cli.summary import print_summary, run_json

    if as_json:
        print_json(run_json(done))
    else:
        print_summary(done, noted=history)
    ctx.exit(FAILED if done.state != "succeeded" else 0)


def _split(param: str) -> Tuple[str, str]:
    name, equals, value = param.partition("=")
    if not equals or not name:
        raise click.BadParameter(f"{param!r} is not NAME=VALUE.", param_hint="--param")
    return name.strip(), value


def _executor(name: str, asked: Mapping[str, Any], root: Path) -> Executor:
    """An executor with what the command line says, as far as its class takes it."""
    from inspect import Parameter, signature

    from glacier.core.registry import load as load_extension

    kind = load_extension("glacier.executors", name)
    takes = signature(kind).parameters
    takes_all = any(one.kind is Parameter.VAR_KEYWORD for one in takes.values())
    options = {key: value for key, value in asked.items() if value is not None}
    for key in options:
        if key not in takes and not takes_all:
            flag = f"--{key.replace('_', '-')}"
            raise click.UsageError(f"the executor {name!r} has no option {flag}.")
    # The command keeps the history and the progress itself, for executors of any kind.
    own: Dict[str, Any] = {"history": False, "root": str(root)}
    options.update((key, value) for key, value in own.items() if key in takes)
    return cast("Executor", kind(**options))


def _listeners(progress: str, root: Optional[Path], request: Mapping[str, Any]) -> List[Listener]:
    listeners: List[Listener] = []
    shown = progress_listener(progress)
    if shown is not None:
        listeners.append(shown)
    if root is not None:
        from glacier.core.history.recorder import Recorder

        listeners.append(Recorder(root, request=request))
        if not logging.getLogger().handlers:  # else the file itself says what is logged
            logging.getLogger("glacier.task").setLevel(logging.INFO)
    return listeners


def _execute(
    executor: Executor,
    pipeline: Pipeline,
    given: Mapping[str, str],
    select: Sequence[str],
    listeners: Sequence[Listener],
) -> Run:
    from glacier.core.parameters import parse_texts

    with terminable(), warnings.catch_warnings():
        warnings.showwarning = _show_warning
        try:
            return executor.execute(
                pipeline,
                params=parse_texts(pipeline.graph(), given),
                select=list(select) or None,
                listeners=listeners,
                raise_on_failure=False,
            )
        except RequestError as error:
            missing = [one.name for one in error.problems if isinstance(one, MissingParameter)]
            if missing:
                flags = " ".join(f"--param {name}=…" for name in missing)
                click.echo(f"On the command line: {flags}", err=True)
            raise


def _show_warning(message: Any, category: Any, *where: Any, **_: Any) -> None:
    """Glacier's own warnings without the place in Glacier that they come from."""
    if issubclass(category, GlacierWarning):
        click.echo(f"{click.style('Warning:', fg='yellow')} {message}", err=True)
    else:
        click.echo(warnings.formatwarning(message, category, *where[:2]).rstrip(), err=True)
