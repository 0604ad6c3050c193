"""What an execution returns: every task's state, timing and error, and the values still held."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from glacier.core import run_text
from glacier.core.contracts import Handle, Ref, State, Value
from glacier.core.dataset import dataset_in
from glacier.core.errors import RunFailed, ValueUnavailable, nearest
from glacier.core.plan import Plan

__all__ = ["Run", "RunLog", "TaskRun"]


class RunLog:
    """What a scheduler notes down about each step, by its number in the plan.

    ``read`` brings the value of a reference into this process. ``stored`` are the datasets that can
    be read from their storage, however long ago their last reader had them. ``notes`` are lines to
    show with the error of a step.
    """

    __slots__ = (
        "attempts",
        "durations",
        "errors",
        "notes",
        "read",
        "reasons",
        "started",
        "states",
        "stored",
        "values",
    )

    def __init__(self, steps: int, datasets: int, *, read: Callable[[Ref], Any]) -> None:
        self.read = read
        self.states: List[State] = [State.WAITING] * steps
        self.started: List[Optional[float]] = [None] * steps
        self.durations: List[float] = [0.0] * steps
        self.attempts: Dict[int, int] = {}  # where there were several
        self.errors: Dict[int, BaseException] = {}
        self.reasons: Dict[int, str] = {}
        self.notes: Dict[int, Tuple[str, ...]] = {}
        self.values: List[Optional[Ref]] = [None] * datasets
        self.stored: Dict[int, Ref] = {}

    def value(self, dataset: int) -> Optional[Value]:
        """The value of a dataset by its number; one that is elsewhere is brought here, once."""
        ref = self.values[dataset]
        if isinstance(ref, Handle):
            ref = self.values[dataset] = Value(self.read(ref))
        return ref if isinstance(ref, Value) else None


class TaskRun(NamedTuple):
    """How one task fared: ``started`` in seconds since the epoch (``None`` if it never ran),
    ``duration`` in seconds, ``error`` what it raised, ``reason`` why it was skipped.

    ``attempts`` is how often it was tried, of a mapped task the most that an item was; the times
    and the error are those of the last one.
    """

    name: str
    state: State
    started: Optional[float]
    duration: float
    error: Optional[BaseException] = None
    reason: str = ""
    attempts: int = 0


class Run:
    """One execution of a pipeline. ``run["clean"]`` or ``run[clean]`` is a dataset's value, and
    so is ``run[Clean]`` of an alias. Stored datasets are read from their storage, each time.

    ``state`` is succeeded, failed or cancelled; ``started`` is in seconds since the epoch and
    ``duration`` in seconds. Values that no task needed any more were released on the way, unless
    they were to be kept; asking for one raises :class:`~glacier.core.errors.ValueUnavailable`.
    """

    def __init__(
        self,
        *,
        run_id: str,
        plan: Plan,
        log: RunLog,
        state: State,
        started: float,
        duration: float,
        resumable: bool = False,
    ) -> None:
        self.run_id = run_id
        self.plan = plan
        self.state = state
        self.started = started
        self.duration = duration
        self.resumable = resumable
        self._log = log

    @property
    def pipeline(self) -> str:
        """The name of the pipeline."""
        return self.plan.pipeline

    @property
    def tasks(self) -> Mapping[str, TaskRun]:
        """Every task of the run by name, in the plan's order."""
        return _TaskRuns(self.plan, self._log)

    @property
    def values(self) -> Dict[str, Any]:
        """The values in memory by dataset name: the run's results, and what a failure left over.

        They can be fed to the next run: ``execute(pipeline, inputs=run.values)``.
        """
        found = ((name, self._log.value(n)) for n, name in enumerate(self.plan.wiring.names))
        return {name: ref.value for name, ref in found if ref is not None}

    def __getitem__(self, dataset: object) -> Any:
        named = dataset_in(dataset)
        name = named.name if named is not None else str(dataset)
        number = self.plan.wiring.numbers.get(name)
        if number is None:
            raise ValueUnavailable(dataset=name, reason=_unknown(name, self.plan))
        ref = self._log.value(number)
        if ref is not None:
            return ref.value
        if number in self._log.stored:
            return self._log.read(self._log.stored[number])
        raise ValueUnavailable(dataset=name, reason=self._why_absent(name))

    def _why_absent(self, name: str) -> str:
        producer = next((step.task for step in self.plan.steps if name in step.outputs), None)
        if producer is None:
            return "it was not part of this run."
        task = self.tasks[producer]
        if task.state is State.UP_TO_DATE:
            return f"its task {producer!r} did not run again, and the value was not stored."
        if task.state is not State.SUCCEEDED:
            return f"its task {producer!r} is {task.state}{_because(task)}."
        return (
            "the value was released after its last reader had it. "
            f"Keep it with execute(pipeline, keep=[{name!r}])."
        )

    def grouped(self) -> Dict[State, Tuple[str, ...]]:
        """The names of the tasks by state."""
        groups: Dict[State, List[str]] = {state: [] for state in State}
        for step, state in zip(self.plan.steps, self._log.states):
            groups[state].append(step.task)
        return {state: tuple(names) for state, names in groups.items() if names}

    def raise_if_failed(self) -> None:
        """Raise :class:`~glacier.core.errors.RunFailed` if a task failed."""
        if not self._log.errors:
            return
        steps, errors = self.plan.steps, self._log.errors
        groups = {str(state): names for state, names in self.grouped().items()}
        texts = {
            steps[number].task: run_text.with_notes(
                run_text.with_attempts(
                    run_text.brief(error), self._log.attempts.get(number, 1), steps[number]
                ),
                self._log.notes.get(number, ()),
            )
            for number, error in errors.items()
        }
        first = next(iter(errors.values()))
        raise RunFailed(run=self, groups=groups, errors=texts) from first

    def __repr__(self) -> str:
        return (
            f"<Run {self.run_id} of {self.pipeline!r}: {self.state}, "
            f"{run_text.counts(self)} in {self.duration:.3g} s>"
        )

    def __str__(self) -> str:
        return run_text.as_text(self)

    def _repr_html_(self) -> str:
        return run_text.as_html(self)

    def _repr_mimebundle_(self, **_: object) -> Dict[str, str]:
        """What a notebook shows: when each task ran, and what went wrong."""
        return {"text/plain": str(self), "text/html": self._repr_html_()}


class _TaskRuns(Mapping[str, TaskRun]):
    """The tasks of a run, each made when it is asked for."""

    def __init__(self, plan: Plan, log: RunLog) -> None:
        self._plan = plan
        self._log = log
        self._numbers: Optional[Dict[str, int]] = None

    def __getitem__(self, name: str) -> TaskRun:
        if self._numbers is None:
            self._numbers = {step.task: n for n, step in enumerate(self._plan.steps)}
        if name not in self._numbers:
            guess = nearest(name, self._numbers)
            raise KeyError(f"no task {name!r} in this run" + (f"; {guess!r}?" if guess else ""))
        number, log = self._numbers[name], self._log
        return TaskRun(
            name,
            log.states[number],
            log.started[number],
            log.durations[number],
            log.errors.get(number),
            log.reasons.get(number, ""),
            log.attempts.get(number, 0 if log.started[number] is None else 1),
        )

    def __iter__(self) -> Iterator[str]:
        return (step.task for step in self._plan.steps)

    def __len__(self) -> int:
        return len(self._plan.steps)

    def __repr__(self) -> str:
        return f"<{len(self)} tasks of {self._plan.pipeline!r}>"


def _because(task: TaskRun) -> str:
    if task.error is not None:
        return f" ({run_text.brief(task.error)})"
    return f" ({task.reason})" if task.reason else ""


def _unknown(name: str, plan: Plan) -> str:
    guess = nearest(name, plan.wiring.names)
    return "this run has no such dataset." + (f" Did you mean {guess!r}?" if guess else "")
