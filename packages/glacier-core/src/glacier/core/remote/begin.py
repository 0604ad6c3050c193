"""The first call of a run: what it is asked for is checked, and what it reads is fixed."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Tuple

from glacier.core.codec import decode, encode
from glacier.core.contracts import Launch
from glacier.core.errors import KeyMissing, VersionMissing
from glacier.core.fingerprint import Code
from glacier.core.parameters import parse_texts
from glacier.core.remote.payloads import Asked, Request
from glacier.core.remote.program import Program
from glacier.core.remote.records import Begun, BegunStep, begin_key, put_once
from glacier.core.storage.depot import Depot
from glacier.core.storage.opening import make_depot, note_record, record_of
from glacier.core.storage.records import Kept
from glacier.core.versions import Address, RunRecord, read_run

__all__ = ["begin"]


def begin(program: Program, asked: Asked) -> Dict[str, Any]:
    """Begin a run, or find it begun; returns what the state machine is told.

    ``left_out`` are the tasks that are no part of the run: whatever became of their producers,
    these are called, and answer that they need not run. Raises what ``execute`` raises before a
    task runs.
    """
    try:
        begun = program.begun(asked.run)
    except KeyMissing:
        begun = _begin(program, asked)
    steps = enumerate(begun.steps.values())
    left_out = {f"t{number}": True for number, step in steps if not step.selected}
    return {"run": begun.run, "flags": dict(begun.flags), "left_out": left_out}


def _begin(program: Program, asked: Asked) -> Begun:
    store = program.places.workspace()
    launch = _launch(program, asked.request, asked.run)
    depot, record = _pinned(program, launch, asked)
    begun = _begun(program, depot, record)
    key = begin_key(asked.run)
    return Begun.from_bytes(put_once(store, key, begun.to_bytes()), store.uri(key))


def _launch(program: Program, request: Request, run: str) -> Launch:
    """The launch that is asked for, its datasets where they are here."""
    pipeline, graph = program.pipeline, program.graph
    params = {**parse_texts(graph, request.texts), **_decoded(program, request.values)}
    fed = {name: _fed(program, name, run) for name in request.inputs}
    bound = pipeline if program.environment is None else program.environment.bound(pipeline)
    launch: Launch = bound.prepare(
        params=params,
        inputs=fed,
        select=None if request.select is None else list(request.select),
    )
    assert launch.whole is not None
    datasets = {name: program.placed(graph.datasets[name]) for name in launch.whole.datasets}
    return launch._replace(whole=launch.whole._replace(datasets=datasets))


def _decoded(program: Program, values: Mapping[str, Any]) -> Dict[str, Any]:
    """Parameters of their types; one that is not stays as it is, to be told with the others."""
    kinds: Dict[str, Any] = {}
    for task in program.graph.tasks:
        for one in task.signature.arguments:
            kinds[one.name] = kinds[f"{task.name}.{one.name}"] = one.type
    found: Dict[str, Any] = {}
    for name, value in values.items():
        try:
            found[name] = decode(value, kinds.get(name, Any))
        except ValueError:
            found[name] = value
    return found


def _fed(program: Program, name: str, run: str) -> Optional[Kept]:
    """What the client has stored for the run; an unknown name is told with the other problems."""
    if name not in program.graph.datasets:
        return None
    shelf = program.made(name)
    kept = shelf.at(run)
    if kept is None:
        what = f"version {run} of {Address(program.pipeline.name, name)}, which the run is fed with"
        raise VersionMissing(what=what, where=shelf.place)
    return kept


def _pinned(program: Program, launch: Launch, asked: Asked) -> Tuple[Depot, RunRecord]:
    """The depot of the run, with all that it reads fixed as the record of the run says."""
    store = program.places.workspace()
    try:
        record: Optional[RunRecord] = read_run(store, asked.run)
    except VersionMissing:
        record = None
    while True:
        depot = make_depot(
            launch,
            program.places,
            run_id=asked.run,
            cache=program.deployed.cache,
            resume=asked.request.resume,
            all_formats=True,
        )
        depot.begin(record)
        ours = record_of(depot)
        noted = note_record(ours, depot, program.places)
        if noted.pins == ours.pins:
            return depot, noted
        record = noted  # the same run was begun elsewhere at the same time


def _begun(program: Program, depot: Depot, record: RunRecord) -> Begun:
    from glacier.core.storage.outside import ExternalShelf

    launch = depot.launch
    numbers = {step.task: number for number, step in enumerate(launch.plan.steps)}
    pinned = depot.sources.pinned
    sources = {
        name: shelf.source._asdict()
        for name, shelf in depot.shelves.items()
        if isinstance(shelf, ExternalShelf) and shelf.source is not None
    }
    begun = Begun(
        record.run,
        record.pipeline,
        depot.cache,
        None if depot.resumed is None else depot.resumed.record.run,
        {},
        {name: kept.version for name, kept in pinned.items()},
        sources,
        tuple(launch.inputs),
        {
            step.task: _step(depot, numbers[step.task])
            if step.task in numbers
            else BegunStep(step.task, False)
            for step in program.plan.steps
        },
    )
    return begun._replace(flags=_flags(program, begun))


def _step(depot: Depot, number: int) -> BegunStep:
    launch = depot.launch
    step, reused = launch.plan.steps[number], depot.reused.get(number)
    code: Optional[Code] = depot.codes.of(number, launch.functions[number])
    return BegunStep(
        step.task,
        True,
        {name: encode(value) for name, value in launch.params[number].items()},
        depot.provenances()[number],
        code,
        None if reused is None else tuple([one and one.version for one in reused]),
    )


def _flags(program: Program, begun: Begun) -> Dict[str, Optional[bool]]:
    """Whether conditions from outside hold: ``None`` for one that is neither true nor false, and
    for one that no task of the run asks for."""
    flags: Dict[str, Optional[bool]] = {}
    for name in program.conditions:
        version = begun.run if name in begun.fed else begun.pins.get(name)
        if version is not None:
            shelf = program.made(name) if name in begun.fed else program.read(name)
            flags[name] = truth(shelf.read(version))
        elif name not in program.producers:
            flags[name] = None
    return flags


def truth(value: object) -> Optional[bool]:
    """Whether a value is true; ``None`` for one that is neither, such as a table."""
    try:
        return bool(value)
    except Exception:  # what a value says of itself is its own affair
        return None
