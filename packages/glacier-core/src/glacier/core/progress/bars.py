"""Live bars on a terminal: all tasks, those that run now, and the items of mapped ones."""

from __future__ import annotations

import sys
from typing import Dict, Optional

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from glacier.core.contracts import State
from glacier.core.events import (
    Event,
    ItemFinished,
    RunStarted,
    TaskFinished,
    TaskStarted,
)
from glacier.core.progress.plain import brief

__all__ = ["BarsProgress"]

_MOST_SHOWN = 12  # tasks that run now, each with a line


class BarsProgress:
    """Draws on standard error while a run takes place, and leaves nothing but failures behind."""

    def __init__(self, console: Optional[Console] = None) -> None:
        self.console = console
        self.bars: Optional[Progress] = None
        self.whole = TaskID(0)
        self.running: Dict[str, TaskID] = {}
        self.counts: Dict[State, int] = {}

    def __call__(self, event: Event, /) -> None:
        if isinstance(event, RunStarted):
            self.start(event)
        elif self.bars is None:
            return
        elif isinstance(event, TaskStarted):
            self.begin(self.bars, event.step.task)
        elif isinstance(event, ItemFinished):
            row = self.running.get(event.step.task)
            if row is not None:
                note = f"{event.done}/{event.total} items" if event.total else f"{event.done} items"
                self.bars.update(row, completed=event.done, total=event.total, note=note)
        elif isinstance(event, TaskFinished):
            self.end(self.bars, event)
        else:
            self.bars.stop()
            self.bars = None

    def start(self, event: RunStarted) -> None:
        self.running.clear()
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

    def begin(self, bars: Progress, task: str) -> None:
        if len(self.running) < _MOST_SHOWN:
            self.running[task] = bars.add_task(f"  {escape(task)}", total=None, note="")

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
        notes += [
            f"{number} {str(state).replace('_', ' ')}"
            for state, number in self.counts.items()
            if state is not State.SUCCEEDED
        ]
        bars.update(self.whole, completed=done, note=", ".join(notes))
