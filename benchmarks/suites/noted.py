"""What the history of runs and the command line cost."""

from __future__ import annotations

from statistics import median
from tempfile import TemporaryDirectory
from typing import Iterator

from benchmarks.glaciers import Local
from benchmarks.graphs import chain
from benchmarks.measure import in_turns, processes
from benchmarks.sources import annotated
from benchmarks.suites.options import Options
from benchmarks.table import Row, difference, figure
from glacier.core.history import Recorder, read_runs

_TASKS = 1_000
_ROUNDS = 15
_LIMIT_MS = 300.0
_HELP_LIMIT_MS = 250.0


def noted(_: Options) -> Iterator[Row]:
    """1,000 trivial tasks with the history beside the same without it; ``glacier --help``."""
    source = annotated(chain(_TASKS))
    with TemporaryDirectory() as folder:
        subjects = (Local(source), Local(source, listeners=[Recorder(folder)]))
        timings = in_turns(subjects, rounds=_ROUNDS)
        counts = [record.counts for record in read_runs(folder)]
    if counts != [{"succeeded": _TASKS}] * (_ROUNDS + 1):
        raise SystemExit(f"the history holds {counts}")
    off, on = [median([t.execute for t in found]) * 1e3 for found in timings]
    what = f"{_TASKS:,} tasks with history, beside without (n={_ROUNDS})"
    yield difference(what, on, off, "ms", limit=_LIMIT_MS)
    commands = [("-c", "pass"), ("-m", "glacier.core", "--help")]
    bare, shown = [median(found) * 1e3 for found in processes(commands, rounds=_ROUNDS)]
    what = f"glacier --help (n={_ROUNDS})"
    yield figure(what, shown, "ms", bare=bare, limit=_HELP_LIMIT_MS)
