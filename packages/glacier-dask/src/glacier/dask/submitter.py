"""From steps to Dask tasks: which results each is given, and who may be submitted when."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from glacier.core.protocols import NOWHERE, Execution, Handle, State, TaskCall, TaskResult
from glacier.dask.batch import Batch
from glacier.dask.demands import Demands
from glacier.dask.marks import Box, Item, Spot
from glacier.dask.presence import Call
from glacier.dask.program import Levels, Program, pack_program
from glacier.dask.steps import collect, list_items, pick, run_item, run_step

__all__ = ["Submitter"]

Source = Any
"""What stands for a dataset in arguments: a key, a future, or a box with what it is."""


class Submitter:
    """Builds the Dask tasks of one run, and knows what each dataset is on the cluster.

    ``patient`` are the steps that the conductor submits by itself, when their time has come; the
    others are submitted as soon as all that they read is, done or not.
    """

    def __init__(
        self,
        execution: Execution,
        batch: Batch,
        demands: Demands,
        *,
        patient: Sequence[bool],
        topic: str,
        levels: Callable[[], Levels | None],
        fail_fast: bool,
    ) -> None:
        self.launch = execution.launch
        self.run_id = execution.run_id
        self.depot = execution.depot
        self.starts = execution.emit is not None
        self.steps, self.wiring = self.launch.plan.steps, self.launch.plan.wiring
        self.batch, self.demands, self.patient = batch, demands, patient
        self.topic, self.fail_fast = topic, fail_fast
        self._ask_levels, self._asked = levels, False
        self._levels: Levels | None = None
        self.sources: dict[int, Source] = {}
        self.keys: dict[Call, str] = {}  # of the calls that are under way
        self.own: dict[int, list[str]] = {}  # the keys behind each dataset
        self._lacks = [len(reads) for reads in self.wiring.reads]
        self._order = _depth_first(self.wiring)
        self._todo = [n for n, lacks in enumerate(self._lacks) if not lacks and not patient[n]]

    # --- datasets ---------------------------------------------------------------------------------

    def provide(self, dataset: int, source: Source) -> None:
        """Say what a dataset is, so that its readers can be submitted."""
        if dataset == NOWHERE or dataset in self.sources:
            return
        self.sources[dataset] = source
        for reader in self.wiring.readers[dataset]:
            self._lacks[reader] -= 1
            if not self._lacks[reader] and not self.patient[reader]:
                self._todo.append(reader)

    def provide_given(self, values: Sequence[Any]) -> None:
        """Make what the run is given, and reads from outside, known to the steps that read it."""
        for dataset, ref in enumerate(values):
            if isinstance(ref, Handle):
                self.provide(dataset, ref.token.future)
            elif ref is not None:
                self.provide(dataset, Box(ref))

    def with_outputs(self, number: int, result: TaskResult, stored: Sequence[Any]) -> TaskResult:
        """The result of a step with references to its outputs, which its own tasks hold unless
        they are stored."""
        if result.state is not State.SUCCEEDED:
            return result
        outputs: list[Any] = []
        for dataset, ref in zip(self.wiring.outputs[number], stored, strict=True):
            keys = self.own.get(dataset)
            held = None if not keys else Handle(Spot(self.batch.future(keys[0])))
            outputs.append(held if ref is None else ref)
        return result._replace(outputs=tuple(outputs))

    def release(self, dataset: int) -> None:
        """Forget a dataset that nobody will read any more."""
        self.sources.pop(dataset, None)
        for key in self.own.pop(dataset, ()):
            self.batch.forget(key)

    def own_by(self, number: int, keys: Sequence[str], call_key: str) -> None:
        """Let the outputs of a step be the results of these tasks."""
        for dataset, key in zip(self.wiring.outputs[number], keys, strict=False):
            if dataset != NOWHERE:
                self.own[dataset] = [key]
                self.provide(dataset, key)
            elif key != call_key:
                self.batch.forget(key)

    # --- steps ------------------------------------------------------------------------------------

    def take_ready(self) -> list[int]:
        """The steps that may be submitted now, the last one that became ready first."""
        found, self._todo = self._todo, []
        return found

    def eager_call(self, number: int) -> TaskCall:
        """The call of a step whose inputs are not there yet."""
        step, launch = self.steps[number], self.launch
        shelves: Mapping[str, Any] = {} if self.depot is None else self.depot.readable(step)
        return TaskCall(
            self.run_id,
            launch.plan.pipeline,
            step,
            launch.functions[number],
            (),
            launch.params[number],
            shelves=shelves,
        )

    def step(self, number: int, call: TaskCall) -> None:
        """Add the task of a step. Raises :class:`~glacier.dask.CannotCross`."""
        step = call.step
        packed, results = self.program(number, call)
        key = self.keys[number, None] = self._add(number, run_step, packed, *results)
        keys = [key]
        if step.many:
            keys = [self._add(number, pick, n, key) for n in range(len(step.outputs))]
        self.own_by(number, keys, key)

    def program(
        self, number: int, call: TaskCall, *, mapped: bool = False
    ) -> tuple[bytes, list[Source]]:
        """The program of a step, and the results that its tasks are given."""
        wiring, results = self.wiring, list[Source]()

        def spec(dataset: int) -> Any:
            source = self.sources[dataset]
            if isinstance(source, Box):
                return source
            results.append(source)
            return len(results) - 1

        each = call.step.each
        inputs = tuple(
            Item() if mapped and position == each else spec(dataset)
            for position, dataset in enumerate(wiring.inputs[number])
        )
        condition = wiring.conditions[number]
        program = Program(
            number,
            call,
            inputs,
            None if condition == NOWHERE else spec(condition),
            self.topic,
            self.starts and not mapped,
            self.levels(),
            self.fail_fast,
        )
        return pack_program(program), results

    def levels(self) -> Levels | None:
        """The levels of loggers, asked for once listeners have been told of the run's start."""
        if not self._asked:
            self._asked, self._levels = True, self._ask_levels()
        return self._levels

    # --- mapped steps -----------------------------------------------------------------------------

    def listing(self, number: int, packed: bytes, held: Source, results: Sequence[Source]) -> str:
        """Add the task that says how many items there are, and holds them; returns its key."""
        key = self._add(number, list_items, packed, held, *results)
        self.keys[number, None] = key
        return key

    def item(
        self, number: int, item: int, packed: bytes, spot: Spot, results: Sequence[Source]
    ) -> str:
        """Add the task of one item; returns its key."""
        task = (run_item, packed, item, spot.pick, spot.future, *results)
        key = self.keys[number, item] = self._add(number, *task, item=item)
        return key

    def collect(self, number: int, place: int, items: Sequence[Source]) -> str:
        """Add the task that makes one list of what the items returned; returns its key."""
        return self._add(number, collect, place, *items)

    def _add(self, number: int, *task: Any, item: int = 0) -> str:
        step = self.steps[number]
        place = (self._order[number] + 1 - 1 / (item + 1)) / (len(self.steps) + 1)
        runs = task[0] in (run_step, run_item)
        resources: Mapping[str, float] | None = self.demands.resources(step) if runs else None
        priority = self.demands.priority(step) - place
        return self.batch.add(step.task, *task, priority=priority, resources=resources)


def _depth_first(wiring: Any) -> list[int]:
    """The place of each step where each branch is followed to its end before the next is begun,
    which keeps few values alive."""
    waits = list(wiring.waits)
    stack = [step for step in range(len(waits) - 1, -1, -1) if not waits[step]]
    order = [0] * len(waits)
    for place in range(len(waits)):
        step = stack.pop()
        order[step] = place
        for dataset in wiring.outputs[step]:
            if dataset != NOWHERE:
                for reader in wiring.readers[dataset]:
                    waits[reader] -= 1
                    if not waits[reader]:
                        stack.append(reader)
    return order
