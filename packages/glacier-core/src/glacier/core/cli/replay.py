"""What ``glacier replay RUN TASK`` does: one task again, alone, on what it was given in a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional

import click
from click.shell_completion import CompletionItem

from glacier.core.cli.environments import environment_option, there
from glacier.core.cli.execution import executor_name, places_of
from glacier.core.cli.options import complete_file, complete_run, format_json, root
from glacier.core.cli.output import print_head, print_json, seconds, stdout_for_json
from glacier.core.errors import CannotReplay
from glacier.core.frames import traceback_of
from glacier.core.loader import load, split_target

if TYPE_CHECKING:
    from glacier.core.catalog.cells import Head
    from glacier.core.contracts import TaskCall, TaskResult
    from glacier.core.history.reader import RunRecord

__all__ = ["replay"]

FAILED = 1


def _tasks(ctx: click.Context, param: click.Parameter, incomplete: str) -> List[CompletionItem]:
    from glacier.core.errors import HistoryError
    from glacier.core.history.reader import read_run

    try:
        record = read_run(ctx.params.get("root") or Path(".glacier"), ctx.params.get("run") or "")
    except HistoryError:
        return []
    names = [task.name for task in record.tasks]
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


@click.command()
@click.argument("run", shell_complete=complete_run)
@click.argument("task", shell_complete=_tasks)
@click.option(
    "--item", type=click.IntRange(min=0), default=0, show_default=True,
    help="Which item of a mapped task.",
)  # fmt: skip
@click.option("--pdb", is_flag=True, help="Open the debugger where the task raises.")
@click.option(
    "--file", metavar="FILE[:PIPELINE]", shell_complete=complete_file,
    help="Where the pipeline is now, if not where it was.",
)  # fmt: skip
@click.option(
    "--head", "-n", type=click.IntRange(min=0), default=10, show_default=True,
    help="How many rows of each result to show.",
)  # fmt: skip
@executor_name
@environment_option
@root
@format_json
@click.pass_context
def replay(
    ctx: click.Context,
    run: str,
    task: str,
    item: int,
    pdb: bool,
    file: Optional[str],
    head: int,
    executor: str,
    environment: Optional[str],
    root: Path,
    as_json: bool,
) -> None:
    """Run one task again, alone, on what it was given in a run.

    Its inputs and parameters are those of that run, its code is as it is now. It runs in this
    process, so breakpoint() works in it, and nothing is stored. RUN is as for 'glacier show', or
    with --env a run of what is deployed there. Exits with 1 if the task raises.
    """
    if pdb and as_json:
        raise click.UsageError("--pdb and --json do not go together.")
    from glacier.core.contracts import State
    from glacier.core.worker import run_call

    with stdout_for_json(as_json):
        if environment is None:
            call = _local_call(root, run, task, file=file, executor=executor, item=item)
        else:
            call = _deployed_call(root, run, task, file=file, environment=environment, item=item)
        result = run_call(call)
        try:
            heads = _heads(call, result, head)
        except Exception as error:  # of a lazy value, which is only now computed
            result, heads = result._replace(state=State.FAILED, error=error), {}
    if as_json:
        print_json(_json(call, result, heads))
    else:
        _print(call, result, heads)
    if pdb and result.error is not None and not _was_quit(result.error):
        from pdb import post_mortem

        post_mortem(result.error.__traceback__)
    ctx.exit(FAILED if result.state is State.FAILED else 0)


def _local_call(
    root: Path, run: str, task: str, *, file: Optional[str], executor: str, item: int
) -> TaskCall:
    """The call in a run of the history."""
    from glacier.core.history.reader import read_run
    from glacier.core.replay import Past, replay_call

    record = read_run(root, run)
    path, name = split_target(file if file is not None else _file(record, task))
    pipeline = load(path).choose(name)
    states = {one.name: one.state for one in record.tasks}
    past = Past(record.run_id, dict(record.request.get("params") or {}), states)
    return replay_call(pipeline, task, past, places_of(executor, root), item=item)


def _deployed_call(
    root: Path, run: str, task: str, *, file: Optional[str], environment: str, item: int
) -> TaskCall:
    """The call in a run of what is deployed; the history may know the file, if that run was started
    or followed from here."""
    from glacier.core.following.replaying import deployed_call
    from glacier.core.history.reader import read_run

    found = there(file if file is not None else _file(read_run(root, run), task), environment)
    deployed = found.executor.deployed(found.pipeline)
    return deployed_call(deployed, found.pipeline, found.run(run), task, item=item)


def _file(record: RunRecord, task: str) -> str:
    found = record.request.get("file")
    if isinstance(found, str):
        return found
    reason = "the history does not tell which file it ran"
    raise CannotReplay(
        run=record.run_id, task=task, reason=reason, mend="Name the file with --file."
    )


def _heads(call: TaskCall, result: TaskResult, count: int) -> Dict[str, Head]:
    from glacier.core.catalog.cells import head_of_value
    from glacier.core.contracts import Value

    return {
        name: head_of_value(ref.value, count)
        for name, ref in zip(call.step.outputs, result.outputs)
        if isinstance(ref, Value)
    }


def _json(call: TaskCall, result: TaskResult, heads: Mapping[str, Head]) -> Dict[str, Any]:
    error = result.error
    return {
        "run": call.run_id,
        "task": call.step.task,
        "item": call.item,
        "state": str(result.state),
        "reason": result.reason,
        "duration": result.duration,
        "outputs": {name: head._asdict() for name, head in heads.items()},
        "error": None if error is None else f"{type(error).__name__}: {error}",
        "traceback": None if error is None else traceback_of(error),
    }


def _print(call: TaskCall, result: TaskResult, heads: Mapping[str, Head]) -> None:
    item = "" if call.item is None else f" on item {call.item}"
    reason = f": {result.reason}" if result.reason else ""
    took = seconds(result.duration)
    click.echo(f"{call.step.task} of run {call.run_id}{item}: {result.state} in {took}{reason}")
    for name, head in heads.items():
        print_head(name, head)
    if result.error is not None and _was_quit(result.error):
        click.echo("it was ended in the debugger", err=True)
    elif result.error is not None:
        click.echo(f"\n{traceback_of(result.error).rstrip()}", err=True)


def _was_quit(error: BaseException) -> bool:
    """Whether somebody has left the debugger, rather than that the task failed."""
    from bdb import BdbQuit

    return isinstance(error, BdbQuit)
