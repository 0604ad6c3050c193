"""Live bars on a terminal: all tasks, those that run now, and the items of mapped ones."""

from __future__ import annotations

import sys
from typing import Dict, Optional

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from glacier.core.contracts import State
from glacier.core.events import (
    AttemptFailed,
    Event,
    ItemFinished,
    RunStarted,
    TaskFinished,
    TaskStarted,
)
from glacier.core.progress.plain import MOST_RETRIES, brief, retry

__all__ = ["BarsProgress"]

_MOST_SHOWN = 12  # tasks that run now, each with a line


class BarsProgress:
    """Draws on standard error while a run takes place, and leaves nothing but failures behind."""

    def __init__(self, console: Optional[Console] = None) -> None:
        self.console = console
        self.bars: Optional[Progress] = None
        self.whole = TaskID(0)
        self.running: Dict[str, TaskID] = {}
        self.retried: Dict[str, int] = {}  # by task, how often
        self.counts: Dict[State, int] = {}

    def __call__(self, event: Event, /) -> None:
        if isinstance(event, RunStarted):
            self.start(event)
        elif self.bars is None:
            return
        elif isinstance(event, TaskStarted):
            self.begin(self.bars, event)
        elif isinstance(event, ItemFinished):
            row = self.running.get(event.step.task)
            if row is not None:
                note = f"{event.done}/{event.total} items" if event.total else f"{event.done} items"
                retried = self.retried.get(event.step.task, 0)
                note += f", {retried} tried again" if retried else ""
                self.bars.update(row, completed=event.done, total=event.total, note=note)
        elif isinstance(event, AttemptFailed):
            self.pause(self.bars, event)
        elif isinstance(event, TaskFinished):
            self.end(self.bars, event)
        else:
            self.bars.stop()
            self.bars = None

    def start(self, event: RunStarted) -> None:
        self.running.clear()
        self.retried.clear()
        self.counts.clear()
        self.bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=self.console or Console(stderr=True),
            transient=True,
            # What goes to a file must stay what the tasks print.
            redirect_stdout=sys.stdout.isatty(),
        )
        total = len(event.plan.steps)
        name = f"[bold]{escape(event.plan.pipeline)}"
        self.whole = self.bars.add_task(name, total=total, note=f"0/{total}")
        self.bars.start()

    def begin(self, bars: Progress, event: TaskStarted) -> None:
        task, row = event.step.task, self.running.get(event.step.task)
        note = f"attempt {event.attempt}" if event.attempt > 1 else ""
        if row is not None:
            bars.update(row, note=note)
        elif len(self.running) < _MOST_SHOWN:
            self.running[task] = bars.add_task(f"  {escape(task)}", total=None, note=note)

    def pause(self, bars: Progress, event: AttemptFailed) -> None:
        """Say that a task failed and is tried again; it keeps its line meanwhile."""
        task = event.step.task
        self.retried[task] = self.retried.get(task, 0) + 1
        row = self.running.get(task)
        if row is not None and event.item is None:
            note = f"attempt {event.attempt} failed, again in {event.delay:.3g} s"
            bars.update(row, note=note)
        if sum(self.retried.values()) <= MOST_RETRIES:
            text = f"[yellow]again[/yellow] {escape(retry(event))}: {escape(brief(event))}"
            bars.console.print(text, highlight=False)

    def end(self, bars: Progress, event: TaskFinished) -> None:
        row = self.running.pop(event.step.task, None)
        if row is not None:
            bars.remove_task(row)
        self.counts[event.state] = self.counts.get(event.state, 0) + 1
        if event.state is State.FAILED:
            text = f"[red]failed[/red] {escape(event.step.task)}: {escape(brief(event))}"
            bars.console.print(text, highlight=False)
        done = sum(self.counts.values())
        notes = [f"{done}/{bars.tasks[0].total:g}"]
        retried = sum(self.retried.values())
        notes += [f"{retried} tried again"] if retried else []
        notes += [
            f"{number} {str(state).replace('_', ' ')}"
            for state, number in self.counts.items()
            if state is not State.SUCCEEDED
        ]
        bars.update(self.whole, completed=done, note=", ".join(notes))
