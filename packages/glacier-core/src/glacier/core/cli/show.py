"""What ``glacier show RUN`` tells: one run, with the times, errors and logs of its tasks."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Optional, Sequence

import click

from glacier.core.cli.options import complete_run, format_json, root
from glacier.core.cli.output import (
    byte_size,
    counted,
    print_json,
    print_table,
    seconds,
    with_attempts,
)
from glacier.core.cli.runs import local_time, run_data
from glacier.core.errors import UnknownName

if TYPE_CHECKING:
    from glacier.core.history.reader import RunRecord, TaskRecord

__all__ = ["show"]


@click.command()
@click.argument("run", shell_complete=complete_run)
@click.option("--task", metavar="NAME", help="Only this task.")
@root
@format_json
def show(run: str, task: Optional[str], root: Path, as_json: bool) -> None:
    """Show a run: its tasks, their times, errors and logs.

    RUN is an id, the beginning of one or of its last six letters, or 'last'.
    """
    from glacier.core.history.reader import read_run

    record = read_run(root, run)
    tasks = record.tasks
    if task is not None:
        tasks = [one for one in tasks if one.name == task]
        if not tasks:
            known = [one.name for one in record.tasks]
            raise UnknownName(kind="task", name=task, known=known, where=f"run {record.run_id}")
    logs = [line for line in record.logs if task in (None, line.task)]
    if as_json:
        print_json(
            {
                "run": run_data(record),
                "tasks": [asdict(one) for one in tasks],
                "logs": [asdict(line) for line in logs],
            }
        )
        return
    _print_head(record)
    _print_tasks(tasks)
    _print_failures(tasks)
    _print_versions(tasks)
    for one in tasks:
        if one.traceback:
            click.echo(f"\n{click.style(one.name, bold=True)} failed:\n{one.traceback.rstrip()}")
    if logs:
        click.echo("\nlogs:")
        for line in logs:
            item = "" if line.item is None else f"[{line.item}]"
            click.echo(
                f"  {local_time(line.time)} {line.level:<7} {line.task}{item}: "
                + line.message.replace("\n", "\n    ")
            )


def _print_head(record: RunRecord) -> None:
    ended = f" in {seconds(record.duration)}" if record.duration is not None else ""
    click.echo(f"run {record.run_id} of {record.pipeline!r}: {record.state}{ended}")
    place = f"{record.host} (process {record.pid})"
    click.echo(f"  started {local_time(record.started)} on {place}, Python {record.python}")
    click.echo(f"  {record.total} tasks: {counted(record.counts)}")
    for name, value in record.request.items():
        if value:
            click.echo(f"  {name}: {value}")
    click.echo()


def _print_failures(tasks: Sequence[TaskRecord]) -> None:
    """The attempts that failed before the last one, each on a line."""
    if not any(one.failures for one in tasks):
        return
    click.echo("\ntried again:")
    for one in tasks:
        for failure in one.failures:
            item = "" if failure.item is None else f"[{failure.item}]"
            error = (failure.error or "").partition("\n")[0]
            click.echo(
                f"  {local_time(failure.started)} {one.name}{item} failed in attempt "
                f"{failure.attempt} after {seconds(failure.duration)}, again in "
                f"{seconds(failure.delay)}: {error}"
            )


def _print_versions(tasks: Sequence[TaskRecord]) -> None:
    """What the tasks have stored."""
    rows = [
        (
            stored.dataset,
            "" if stored.rows is None else f"{stored.rows:,}",
            byte_size(stored.size),
            stored.place,
        )
        for task in tasks
        for stored in task.versions
    ]
    if rows:
        click.echo("\nstored:")
        print_table(("dataset", "rows", "size", "where"), rows)


def _print_tasks(tasks: Sequence[TaskRecord]) -> None:
    rows = [
        (
            one.name,
            one.state.replace("_", " "),
            local_time(one.started),
            seconds(one.duration) if one.started is not None else "",
            with_attempts((one.error or one.reason).partition("\n")[0], one.attempts),
        )
        for one in tasks
    ]
    print_table(("task", "state", "started", "took", ""), rows)
