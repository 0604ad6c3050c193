"""What a call of a deployed function costs: the start of its process, and each call after that."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Lock
from time import perf_counter
from typing import Any, Callable, Iterator

from benchmarks.measure import WrongResult, children_time, processes
from benchmarks.suites.options import Options
from benchmarks.table import Row, difference, figure

_ROUNDS = 15
_TASKS = 50
_LIMIT_START_MS = 150.0
_LIMIT_CALL_MS = 10.0
_CLOCKS = (("CPU time", children_time, _LIMIT_START_MS), ("from start to end", perf_counter, None))
_START = (
    "from obstore.store import S3Store; import glacier.aws.runtime.handler; "
    "import glacier.core.remote.calls"
)
_READING_AND_WRITING = ("get", "put", "head", "local", "open", "stage", "close")
_FLOW = "from glacier.core import Dataset, Pipeline\npipeline = Pipeline('etl')\n"


def deployed(_: Options) -> Iterator[Row]:
    """``import`` of the handler with its store, and the calls of tasks that return at once."""
    if find_spec("glacier.aws") is None or find_spec("obstore") is None:
        yield Row("glacier-aws or obstore is not installed", "")
        return
    commands = [("-c", "pass"), ("-c", _START)]
    for name, clock, limit in _CLOCKS:
        bare, started = processes(commands, rounds=_ROUNDS, clock=clock)
        what = f"handler, core and store of a function on AWS (n={_ROUNDS}, {name})"
        yield difference(what, median(started) * 1e3, median(bare) * 1e3, "ms", limit=limit)
    with TemporaryDirectory() as folder:
        found = _calls(Path(folder))
    what = f"each call of {_TASKS} tasks, without reading and writing (n={len(found)})"
    yield figure(what, median(found) * 1e3, "ms", bare=None, limit=_LIMIT_CALL_MS)


def _calls(root: Path) -> list[float]:
    """Seconds that each call takes besides what it reads and writes, after a first run."""
    from glacier.core.protocols import (
        Bindings,
        BoundPlaces,
        Deployed,
        Program,
        Surroundings,
        answer,
        open_store,
    )

    clock = _Clock()
    (root / "flow.py").write_text(_FLOW + "".join(map(_task, range(_TASKS))), encoding="utf-8")
    bindings = Bindings((root / "workspace").as_uri())
    places = BoundPlaces(bindings, lambda address: clock.around(open_store(address)))
    program = Program(Deployed("etl", "", "flow.py"), places, root=str(root))
    around = Surroundings({}.get, lambda _: None)
    found: list[float] = []
    for number in range(3):
        begin = {"step": "begin", "execution": "e", "started": f"2026-01-01T00:00:0{number}Z"}
        run = answer(program, begin, around)["run"]
        done: dict[str, Any] = {}
        for task in range(_TASKS):
            told = {"step": "task", "run": run, "task": f"t{task}", "done": done, "retries": 0}
            before, begun = clock.spent, perf_counter()
            done[f"t{task}"] = answer(program, told, around)
            if number:
                found.append(perf_counter() - begun - (clock.spent - before))
        end = answer(program, {"step": "finish", "run": run, "done": done}, around)
        if end != {"state": "succeeded"}:
            raise WrongResult("a deployed run", end, "succeeded")
    return found


def _task(number: int) -> str:
    reads = f"x: d{number - 1}" if number else ""
    return (
        f"d{number} = Dataset('d{number}')\n"
        f"@pipeline.task\ndef t{number}({reads}) -> d{number}:\n    return [{number}]\n"
    )


class _Clock:
    """How long stores have been at work: where they are for two at a time, that counts once."""

    def __init__(self) -> None:
        self.spent = 0.0
        self._lock = Lock()
        self._working = 0
        self._begun = 0.0

    def around(self, store: Any) -> Any:
        """The store, with this clock around what reads and writes."""
        for name in _READING_AND_WRITING:
            setattr(store, name, self._timed(getattr(store, name)))
        return store

    def _timed(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **options: Any) -> Any:
            self._count(1)
            try:
                return method(*arguments, **options)
            finally:
                self._count(-1)

        return timed

    def _count(self, change: int) -> None:
        with self._lock:
            now = perf_counter()
            if self._working:
                self.spent += now - self._begun
            self._begun = now
            self._working += change
