"""What the commands that execute a pipeline share: their options, and the run itself."""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    Generator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Union,
    cast,
)

import click
from click.shell_completion import CompletionItem

from glacier.core.cli.environments import environment_of, environment_option
from glacier.core.cli.explain import print_decisions
from glacier.core.cli.options import root
from glacier.core.cli.output import print_json, stdout_for_json
from glacier.core.cli.signals import terminable
from glacier.core.errors import GlacierWarning, MissingParameter, RequestError
from glacier.core.loader import load, split_target
from glacier.core.progress import MODES, progress_listener

if TYPE_CHECKING:
    from glacier.core.contracts import Executor, Listener
    from glacier.core.events import Event
    from glacier.core.pipeline import Pipeline
    from glacier.core.run import Run
    from glacier.core.storage.decisions import Decision
    from glacier.core.storage.places import Places
    from glacier.core.storage.records import Kept

__all__ = [
    "Done",
    "How",
    "Request",
    "carry_out",
    "execution",
    "executor_name",
    "parameters",
    "places_of",
]

FAILED = 1


class How(NamedTuple):
    """How a pipeline is to be executed: one field for each option that :func:`execution` adds.

    ``None`` leaves it to the executor.
    """

    executor: str
    root: Path
    history: bool = False
    progress: str = "off"
    address: Optional[str] = None
    workers: Optional[int] = None
    processes: Optional[bool] = None
    cache: Optional[bool] = None
    as_deployed: Optional[bool] = None
    fail_fast: Optional[bool] = None
    environment: Any = None


class Done(NamedTuple):
    """A run, and the versions that it has stored by the names of its tasks."""

    run: Run
    stored: Mapping[str, Sequence[Kept]]


class Request(NamedTuple):
    """What is to be executed; noted in the history, from which a run can be resumed."""

    file: str
    params: Mapping[str, str]
    select: List[str]
    resume: Optional[str] = None


def _executors(ctx: click.Context, param: click.Parameter, start: str) -> List[CompletionItem]:
    from glacier.core.registry import installed

    names = installed("glacier.executors")
    return [CompletionItem(name) for name in names if name.startswith(start)]


executor_name = click.option(
    "--executor", default="local", show_default=True, shell_complete=_executors,
    help="An installed executor, by its name.",
)  # fmt: skip
_OPTIONS = (
    executor_name,
    environment_option,
    click.option("--address", help="Where the executor's cluster is, such as tcp://host:8786."),
    click.option("--workers", "-w", type=click.IntRange(1), help="How many tasks run at a time."),
    click.option(
        "--processes/--threads", default=None,
        help="Run tasks in worker processes, or (the default) on threads of this one.",
    ),
    click.option(
        "--cache/--no-cache", default=None,
        help="Keep all datasets, and do not run a task again of which nothing has changed.",
    ),
    click.option(
        "--as-deployed", is_flag=True, default=None,
        help="Run each task as in a cloud: in a new process with only its own secrets, every value "
        "passed through its format.",
    ),
    click.option(
        "--fail-fast/--keep-going", default=None,
        help="After a failure start nothing more, or (the default) go on with what does not "
        "need it.",
    ),
    click.option(
        "--history/--no-history", default=True,
        help="Note the run for 'glacier runs', and of one that fails what 'resume' needs.",
    ),
    click.option(
        "--progress", type=click.Choice(MODES), default="auto", show_default=True,
        help="Bars on a terminal, plain lines elsewhere, or nothing; on standard error.",
    ),
    root,
)  # fmt: skip


def execution(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of :class:`How` to a command, which is given them as its ``how``."""

    @wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        how = How(**{name: options.pop(name) for name in How._fields})
        return function(*args, how=how, **options)

    for option in reversed(_OPTIONS):
        call = option(call)
    return call


def parameters(texts: Any) -> Dict[str, str]:
    """``NAME=VALUE`` texts as a mapping."""
    found: Dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE.", param_hint="--param")
        found[name.strip()] = value
    return found


def execute(pipeline: Pipeline, request: Request, how: How) -> Done:
    """Execute a pipeline as the command line asks for."""
    from glacier.core.events import TaskFinished

    executor = _executor(how)
    more: Any = {} if request.resume is None else {"resume": request.resume}
    if more and "resume" not in signature(executor.execute).parameters:
        raise click.UsageError(f"the executor {how.executor!r} cannot resume runs.")
    if more and hasattr(executor, "places"):
        _places(executor, how.executor)
    stored: Dict[str, Sequence[Kept]] = {}

    def note(event: Event) -> None:
        kept = [one for one in getattr(event, "kept", ()) if one is not None]
        if isinstance(event, TaskFinished) and kept:
            stored[event.step.task] = kept

    listeners = [note, *_listeners(request, how)]
    with terminable(), _told(pipeline, request) as asked:
        run = executor.execute(
            pipeline, listeners=listeners, raise_on_failure=False, **asked, **more
        )
    return Done(run, stored)


def explain(pipeline: Pipeline, request: Request, how: How) -> Sequence[Decision]:
    """What the run would do, and why."""
    executor: Any = _executor(how)
    if not hasattr(executor, "explain"):
        raise click.UsageError(f"the executor {how.executor!r} explains nothing.")
    if request.resume is not None:
        _places(executor, how.executor)
    with _told(pipeline, request) as asked:
        found: Sequence[Decision] = executor.explain(pipeline, resume=request.resume, **asked)
        return found


@contextmanager
def _told(pipeline: Pipeline, request: Request) -> Generator[Dict[str, Any], None, None]:
    """What the request says, as arguments of an executor; what it lacks is told as flags."""
    from glacier.core.parameters import parse_texts

    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        try:
            params = parse_texts(pipeline.graph(), request.params)
            yield {"params": params, "select": list(request.select) or None}
        except RequestError as error:
            missing = [one.name for one in error.problems if isinstance(one, MissingParameter)]
            if missing:
                flags = " ".join(f"--param {name}=…" for name in missing)
                click.echo(f"On the command line: {flags}", err=True)
            raise


def carry_out(
    ctx: click.Context, request: Request, how: How, *, explains: bool, as_json: bool
) -> None:
    """Execute what is asked for, or explain it, and tell what came of it; sets the exit code."""
    from glacier.core.cli.summary import print_summary, run_json

    outcome: Union[Done, Sequence[Decision]]
    with stdout_for_json(as_json):
        path, name = split_target(request.file)
        loaded = load(path)
        pipeline = loaded.choose(name)
        if how.environment is not None:
            how = how._replace(environment=environment_of(loaded, how.environment))
        outcome = (explain if explains else execute)(pipeline, request, how)
    if not isinstance(outcome, Done):
        print_decisions(outcome, as_json=as_json)
        return
    if as_json:
        print_json(run_json(outcome.run, outcome.stored))
    else:
        print_summary(outcome.run, outcome.stored, noted=how.history)
    ctx.exit(FAILED if outcome.run.state != "succeeded" else 0)


def places_of(name: str, root: Path) -> Places:
    """Where the executor of that name keeps what pipelines store."""
    return _places(_executor(How(name, root)), name)


def _places(executor: Any, name: str) -> Places:
    places = executor.places() if hasattr(executor, "places") else None
    if places is None:
        raise click.UsageError(f"the executor {name!r} stores nothing.")
    return cast("Places", places)


def _executor(how: How) -> Executor:
    """An executor with what the command line says, as far as its class takes it."""
    from glacier.core.registry import load as load_extension

    kind = load_extension("glacier.executors", how.executor)
    takes = signature(kind).parameters
    takes_all = any(one.kind is Parameter.VAR_KEYWORD for one in takes.values())
    asked = {
        "address": how.address,
        "workers": how.workers,
        "processes": how.processes,
        "cache": how.cache,
        "as_deployed": how.as_deployed,
        "fail_fast": how.fail_fast,
        "env": how.environment,
    }
    options: Dict[str, Any] = {key: value for key, value in asked.items() if value is not None}
    for key in options:
        if key not in takes and not takes_all:
            flag = f"--{key.replace('_', '-')}"
            raise click.UsageError(f"the executor {how.executor!r} has no option {flag}.")
    # The command keeps the history and the progress itself, for executors of any kind.
    own: Dict[str, Any] = {"history": False, "root": str(how.root), "cancel": "ask"}
    options.update((key, value) for key, value in own.items() if key in takes)
    if "env" in takes and how.environment is None:
        raise click.UsageError(f"the executor {how.executor!r} runs what is deployed: give --env.")
    made: Any = kind(**options)
    if hasattr(kind, "resumable"):  # which follows from its own history where nobody says
        made.resumable = how.history
    return cast("Executor", made)


def _listeners(request: Request, how: How) -> List[Listener]:
    listeners: List[Listener] = []
    shown = progress_listener(how.progress)
    if shown is not None:
        listeners.append(shown)
    if how.history:
        from glacier.core.history.recorder import Recorder

        noted = {name: value for name, value in request._asdict().items() if value is not None}
        listeners.append(Recorder(how.root, request=noted))
        if not logging.getLogger().handlers:  # else the file itself says what is logged
            logging.getLogger("glacier.task").setLevel(logging.INFO)
    return listeners


def _show_warning(message: Any, category: Any, *where: Any, **_: Any) -> None:
    """Glacier's own warnings without the place in Glacier that they come from."""
    if issubclass(category, GlacierWarning):
        click.echo(f"{click.style('Warning:', fg='yellow')} {message}", err=True)
    else:
        click.echo(warnings.formatwarning(message, category, *where[:2]).rstrip(), err=True)
