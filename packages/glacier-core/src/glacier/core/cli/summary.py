"""What ``glacier run`` says at the end: the slowest tasks, what failed and why, the results."""

from __future__ import annotations

import reprlib
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Sequence, Tuple

import click

from glacier.core.cli.output import (
    byte_size,
    counted,
    plural,
    print_table,
    seconds,
    with_attempts,
)
from glacier.core.contracts import State
from glacier.core.frames import traceback_of

if TYPE_CHECKING:
    from glacier.core.contracts import Listener
    from glacier.core.events import Event
    from glacier.core.run import Run, TaskRun
    from glacier.core.storage.records import Kept

__all__ = ["noting", "print_summary", "run_json"]

_ALL, _SLOWEST, _TROUBLED, _TRACES = 12, 5, 20, 5
_NOT_WELL = (State.FAILED, State.UPSTREAM_FAILED, State.CANCELLED, State.SKIPPED)


Stored = Mapping[str, Sequence["Kept"]]


def noting(stored: Dict[str, Sequence[Kept]]) -> Listener:
    """A listener that notes the versions that a run stores, by the names of its tasks."""
    from glacier.core.events import TaskFinished

    def note(event: Event) -> None:
        kept = [one for one in getattr(event, "kept", ()) if one is not None]
        if isinstance(event, TaskFinished) and kept:
            stored[event.step.task] = kept

    return note


def run_json(run: Run, stored: Stored) -> Dict[str, Any]:
    """A run as JSON data; times in seconds since the epoch, durations in seconds."""
    tasks = [
        {
            "name": task.name,
            "state": str(task.state),
            "started": task.started,
            "duration": task.duration,
            "attempts": task.attempts,
            "reason": task.reason,
            "error": None if task.error is None else _brief(task.error),
            "traceback": None if task.error is None else traceback_of(task.error),
            "versions": [_version_json(kept) for kept in stored.get(task.name, ())],
        }
        for task in run.tasks.values()
    ]
    head = {
        "run_id": run.run_id,
        "pipeline": run.pipeline,
        "state": str(run.state),
        "started": run.started,
        "duration": run.duration,
    }
    return {"run": head, "tasks": tasks}


def _version_json(kept: Kept) -> Dict[str, Any]:
    return {
        "dataset": kept.reference.address.dataset,
        "version": kept.version,
        "place": kept.place,
        "content": kept.content,
        "rows": kept.rows,
        "size": kept.size,
    }


def print_summary(run: Run, stored: Stored, *, noted: bool) -> None:
    """Print the summary to standard output, and the errors to standard error."""
    counts = {str(state): len(names) for state, names in run.grouped().items()}
    total = plural(len(run.plan.steps), "task")
    click.echo(
        f"run {run.run_id} of {run.pipeline!r}: {run.state}, {total} "
        f"({counted(counts)}) in {seconds(run.duration)}"
    )
    title, tasks = _chosen(run)
    if title:
        click.echo(title)
    rows = [
        (
            task.name,
            str(task.state).replace("_", " "),
            seconds(task.duration) if task.started is not None else "",
            _note(task),
        )
        for task in tasks
    ]
    print_table(("task", "state", "took", ""), rows)
    versions = [kept for some in stored.values() for kept in some]
    _print_results(run, versions)
    _print_stored(versions)
    failed = [task for task in run.tasks.values() if task.error is not None]
    for task in failed[:_TRACES]:
        trace = traceback_of(task.error).rstrip() if task.error is not None else ""
        click.echo(f"\n{click.style(task.name, bold=True)} failed:\n{trace}", err=True)
    if len(failed) > _TRACES:
        more = f"\n… and {len(failed) - _TRACES} more failed"
        hint = f"; 'glacier show {run.run_id}' has all of them" if noted else ""
        click.echo(more + hint, err=True)
    if run.resumable and noted:
        click.echo(f"\nto go on from here: glacier resume {run.run_id}", err=True)


def _chosen(run: Run) -> Tuple[str, List[TaskRun]]:
    """All of a few tasks; of many, those that are not well and the slowest."""
    tasks = list(run.tasks.values())
    if len(tasks) <= _ALL:
        return "", tasks
    rank = {state: number for number, state in enumerate(_NOT_WELL)}
    troubled = sorted((t for t in tasks if t.state in rank), key=lambda task: rank[task.state])
    well = [task for task in tasks if task.state not in rank]
    slowest = sorted(well, key=lambda task: -task.duration)[:_SLOWEST]
    shown = troubled[:_TROUBLED]
    cut = len(troubled) - len(shown)
    left = f", {cut} more not shown" if cut else ""
    title = f"the {len(slowest)} slowest"
    if shown:
        title = f"what did not succeed{left}, and {title}"
    return f"{title}:", [*shown, *slowest]


def _print_results(run: Run, versions: Sequence[Kept]) -> None:
    """The datasets that nobody read, in a few words each."""
    read = {name for step in run.plan.steps for name in (*step.inputs, step.when)}
    results = {name: value for name, value in run.values.items() if name not in read}
    if not results:
        return
    stored = {kept.reference.address.dataset for kept in versions}
    click.echo("\nresults:" if stored.intersection(results) else "\nresults, in memory only:")
    for name, value in list(results.items())[:_ALL]:
        click.echo(f"  {name}: {_described(value)}")
    if len(results) > _ALL:
        click.echo(f"  … and {len(results) - _ALL} more")


def _print_stored(versions: Sequence[Kept]) -> None:
    """What a run has stored."""
    if not versions:
        return
    click.echo("\nstored:")
    rows = [
        (
            kept.reference.address.dataset,
            "" if kept.rows is None else f"{kept.rows:,}",
            byte_size(kept.size),
            kept.place,
        )
        for kept in versions[:_ALL]
    ]
    print_table(("dataset", "rows", "size", "where"), rows)
    if len(versions) > _ALL:
        click.echo(f"… and {len(versions) - _ALL} more; 'glacier data' lists them")


def _described(value: object) -> str:
    kind = type(value)
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return f"{kind.__module__.partition('.')[0]}.{kind.__qualname__} of shape {shape}"
    try:
        text = _repr.repr(value)
    except Exception:  # a repr may fail; the run has not
        text = f"<{kind.__qualname__}>"
    return " ".join(text.split())[:200]


_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = 120


def _note(task: TaskRun) -> str:
    note = (_brief(task.error) if task.error is not None else task.reason).partition("\n")[0]
    return with_attempts(note, task.attempts)


def _brief(error: BaseException) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
