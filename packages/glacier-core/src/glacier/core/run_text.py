"""A run as text, and as HTML for a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Sequence, Tuple

from glacier.core.contracts import State
from glacier.core.step import Step

if TYPE_CHECKING:
    from glacier.core.run import Run, TaskRun

__all__ = ["as_html", "as_text", "brief", "counts", "with_attempts", "with_notes"]

_SHOWN = 60


def _shown(run: Run) -> Tuple[List[TaskRun], int]:
    """All tasks, or of many those that did not succeed and the slowest; and how many are left."""
    tasks = list(run.tasks.values())
    cut = len(tasks) - _SHOWN
    if cut > 0:
        ranked = sorted(tasks, key=lambda t: (t.state is State.SUCCEEDED, -t.duration))
        chosen = {task.name for task in ranked[:_SHOWN]}
        tasks = [task for task in tasks if task.name in chosen]
    return tasks, cut


def _note(task: TaskRun) -> str:
    note = brief(task.error) if task.error is not None else task.reason
    if task.attempts < 2:
        return note
    return f"{note} (attempt {task.attempts})" if note else f"attempt {task.attempts}"


def with_attempts(text: str, attempt: int, step: Step) -> str:
    if step.policy is None or not step.policy.retries:
        return text
    return f"{text} (attempt {attempt} of {step.policy.retries + 1})"


def with_notes(text: str, notes: Sequence[str]) -> str:
    """A line of a list, with lines of its own below it."""
    return "\n      ".join((text, *notes))


def _rows(run: Run) -> Sequence[Tuple[str, str, str, str]]:
    tasks, cut = _shown(run)
    rows = [
        (
            task.name,
            str(task.state).replace("_", " "),
            f"{task.duration:.3f}" if task.started is not None else "",
            _note(task),
        )
        for task in tasks
    ]
    return [*rows, (f"… and {cut} more", "", "", "")] if cut > 0 else rows


def counts(run: Run) -> str:
    groups = run.grouped()
    total = len(run.plan.steps)
    rest = [
        f"{len(names)} {str(state).replace('_', ' ')}"
        for state, names in groups.items()
        if state is not State.SUCCEEDED
    ]
    tasks = f"{total} task{'s' if total != 1 else ''}"
    return f"{tasks} ({', '.join(rest)})" if rest else tasks


def brief(error: BaseException) -> str:
    text = str(error).strip().split("\n", 1)[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def as_text(run: Run) -> str:
    """A table of the tasks."""
    rows = [("task", "state", "seconds", ""), *_rows(run)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        f"{task:<{widths[0]}}  {state:<{widths[1]}}  {seconds:>{widths[2]}}  {note}".rstrip()
        for task, state, seconds, note in rows
    ]
    return "\n".join([repr(run), *lines])


def as_html(run: Run) -> str:
    """When each task ran, and what went wrong."""
    from html import escape

    from glacier.core.render.timeline import Bar, timeline

    tasks, cut = _shown(run)
    bars = [
        Bar(task.name, str(task.state), task.started, task.duration, _note(task)) for task in tasks
    ]
    notes = "".join(
        f"<tr><td>{escape(task.name)}</td><td>{escape(_note(task))}</td></tr>"
        for task in tasks
        if _note(task)
    )
    return (
        f"<p><b>{escape(run.pipeline)}</b>: {run.state}, {escape(counts(run))} in "
        f"{run.duration:.3g} s<br><small>run {escape(run.run_id)}</small></p>"
        + timeline(bars, start=run.started, duration=run.duration)
        + (f"<p>… and {cut} more</p>" if cut > 0 else "")
        + (f"<table><tbody>{notes}</tbody></table>" if notes else "")
    )
