"""Whatever the order in which a client sees the notes of a run, it tells the same."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from deployed_conductor import PlayedConductor, client_of
from deployed_pipeline import deploy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glacier.core import Dataset, Pipeline, Skip
from glacier.core.contracts import Entry
from glacier.core.errors import StoreError
from glacier.core.events import (
    AttemptFailed,
    Event,
    ItemFinished,
    RunFinished,
    RunStarted,
    TaskFinished,
    TaskStarted,
)
from glacier.core.following.conductor import Fault, Phase, Status
from glacier.core.following.deployment import DeployedPipeline, Following
from glacier.core.following.errors import TaskLost
from glacier.core.following.shelves import Shelves
from glacier.core.remote.bindings import BoundPlaces
from glacier.core.run import Run
from glacier.core.testing import InlineExecutor


class Node(NamedTuple):
    """A task: the earlier ones that it reads, each needed or optional, whether it is mapped over
    the first of them, and how it ends."""

    reads: Tuple[Tuple[int, bool], ...]
    mapped: bool
    ends: str


ENDS = ["well", "well", "well", "fails", "skips", "at the second try"]


@st.composite
def shapes(draw: st.DrawFn) -> List[Node]:
    nodes: List[Node] = []
    for number in range(draw(st.integers(1, 6))):
        before = st.integers(0, number - 1) if number else st.nothing()
        reads = draw(st.dictionaries(before, st.booleans(), max_size=min(3, number)))
        mapped = bool(reads) and not next(iter(reads.values())) and draw(st.booleans())
        nodes.append(Node(tuple(reads.items()), mapped, draw(st.sampled_from(ENDS))))
    return nodes


def pipeline_of(nodes: Sequence[Node]) -> Pipeline:
    pipeline = Pipeline("random")
    scope: Dict[str, Any] = {f"d{n}": Dataset(f"d{n}") for n in range(len(nodes))}
    tried: Set[Tuple[int, Any]] = set()

    def work(number: int, first: Any) -> List[int]:
        ends = nodes[number].ends
        key = (number, first if nodes[number].mapped else None)
        if ends == "fails":
            raise ValueError(f"task {number}")
        if ends == "skips":
            raise Skip("nothing")
        if ends == "at the second try" and key not in tried:
            tried.add(key)
            raise ConnectionError("once")
        return [number, number + 1]

    scope["work"] = work
    for number, node in enumerate(nodes):
        params = []
        for position, (read, optional) in enumerate(node.reads):
            each = ".each" if node.mapped and position == 0 else ""
            params.append(f"a{read}: d{read}{each}{' | None' if optional else ''}")
        first = f"repr(a{node.reads[0][0]})" if node.reads else "None"
        body = f"return work({number}, {first})"
        exec(f"def t{number}({', '.join(params)}) -> d{number}: {body}", scope)
        pipeline.task(retries=1, retry_delay=0, retry_on=ConnectionError)(scope[f"t{number}"])
    return pipeline


class LateStore:
    """A store of which a client sees more and more, in any order; at times it cannot be listed."""

    def __init__(self, store: Any, hidden: List[str], fails: Iterator[bool]) -> None:
        self.store = store
        self.hidden = hidden
        self.fails = fails

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def list(self, prefix: str = "") -> Iterator[Entry]:
        if next(self.fails, False):
            raise StoreError(where=prefix, reason="503")
        unseen = set(self.hidden)
        return iter([one for one in self.store.list(prefix) if one.key not in unseen])


class LatePlaces(BoundPlaces):
    def __init__(self, places: BoundPlaces, store: LateStore) -> None:
        self.bindings = places.bindings
        self.late = store

    def workspace(self) -> Any:
        return self.late


class Revealing:
    """A clock: while a follower sleeps, one more note comes to light."""

    def __init__(self, hidden: List[str]) -> None:
        self.hidden = hidden
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        if self.hidden:
            self.hidden.pop()


class Over:
    """The service, for which a run is over when all of its notes can be seen."""

    def __init__(self, hidden: List[str], phase: Phase, faults: Mapping[str, Fault]) -> None:
        self.hidden = hidden
        self.phase = phase
        self.found = faults

    def status(self, run: str) -> Status:
        return Status(Phase.RUNNING if self.hidden else self.phase)

    def faults(self, run: str) -> Mapping[str, Fault]:
        return self.found

    def log_link(self, task: str, run: str, known: Mapping[str, str]) -> str:
        return "here"


class Seen(NamedTuple):
    run: Run
    events: List[Event]
    local: Run
    killed: Optional[str]


def followed(nodes: Sequence[Node], data: st.DataObject) -> Seen:
    """A run that is over, followed through a store that shows its notes late."""
    local = InlineExecutor().execute(pipeline_of(nodes), raise_on_failure=False, keep=True)
    with tempfile.TemporaryDirectory() as folder:
        deployed = deploy(pipeline_of(nodes), Path(folder))
        conductor = PlayedConductor(deployed)
        client = client_of(deployed, conductor)
        pipeline = deployed.make().pipeline
        run_id = client.start(pipeline.prepare())
        conductor.played[run_id].finish()

        store = deployed.store
        failed = [name for name, task in local.tasks.items() if task.state == "failed"]
        killed = data.draw(st.none() | st.sampled_from(failed)) if failed else None
        keys = [entry.key for entry in store.list(f"_runs/{run_id}")]
        if killed is not None:  # it died in all of its attempts: no record is left
            for key in keys:
                if f"/tasks/{killed}/" in key:
                    store.delete(key)
        notes = [key for key in keys if not key.endswith("end.json")]
        hidden = [f"_runs/{run_id}/end.json", *data.draw(st.permutations(notes))]
        fails = iter(data.draw(st.lists(st.booleans(), max_size=5)))
        late = LateStore(store, hidden, fails)
        shelves = Shelves(
            "random", client.shelves.datasets, LatePlaces(client.shelves.places, late)
        )
        phase = conductor.status(run_id).phase
        faults = {} if killed is None else {killed: Fault("Sandbox.Timedout", "")}
        watching = DeployedPipeline(
            deployed.plan,
            conductor=Over(hidden, phase, faults),  # type: ignore[arg-type]
            shelves=shelves,
            following=Following(clock=Revealing(hidden)),
        )
        events: List[Event] = []
        run = watching.follow(run_id, deployed.plan, listeners=[events.append])
    return Seen(run, events, local, killed)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(nodes=shapes(), data=st.data())
def test_the_order_in_which_notes_are_seen_makes_no_difference(
    nodes: List[Node], data: st.DataObject
) -> None:
    run, events, local, killed = followed(nodes, data)

    assert {name: str(task.state) for name, task in run.tasks.items()} == {
        name: str(task.state) for name, task in local.tasks.items()
    }
    assert run.state == local.state
    for name, task in local.tasks.items():
        if name == killed:
            assert isinstance(run.tasks[name].error, TaskLost)
        else:
            assert repr(run.tasks[name].error) == repr(task.error)
    _check_order(run, events)


def _check_order(run: Run, events: List[Event]) -> None:
    """What listeners may rely on."""
    assert isinstance(events[0], RunStarted)
    assert isinstance(events[-1], RunFinished)
    makers = {name: step.task for step in run.plan.steps for name in step.outputs}
    ended: Set[str] = set()
    attempts: Dict[str, int] = {}
    items: Dict[str, List[int]] = {}
    for event in events[1:-1]:
        assert not isinstance(event, (RunStarted, RunFinished))
        step = event.step
        assert step.task not in ended
        assert all(makers[name] in ended for name in step.inputs)
        if isinstance(event, TaskStarted):
            assert event.attempt > attempts.get(step.task, 0)
            attempts[step.task] = event.attempt
        elif isinstance(event, AttemptFailed):
            assert step.task in attempts
        elif isinstance(event, ItemFinished):
            assert step.task in attempts
            items.setdefault(step.task, []).append(event.item)
            assert event.done == len(items[step.task])
        elif isinstance(event, TaskFinished):
            ended.add(step.task)
    assert ended == set(run.tasks)
    assert all(len(found) == len(set(found)) for found in items.values())
