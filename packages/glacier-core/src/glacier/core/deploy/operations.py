"""The operations on a stack, each from its beginning to what came of it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Callable, Generator, List, Mapping, NamedTuple, Optional, Sequence

from glacier.core.contracts.providers import Location
from glacier.core.deploy.asked import Asked
from glacier.core.deploy.faults import Where, error_of
from glacier.core.deploy.holding import beside, holders
from glacier.core.deploy.program import ADDRESSES, Program
from glacier.core.deploy.record import Deployment, Output
from glacier.core.deploy.settings import (
    backend_of,
    check_name_of,
    checked_settings,
    folder_of,
    without_password,
)
from glacier.core.deploy.stacks import automation, open_stack
from glacier.core.deploy.watching import Watch, kind_and_name

__all__ = ["Job", "operate"]


class Job(NamedTuple):
    """What was asked for, and of which pipeline and environment."""

    asked: Asked
    pipeline: str
    environment: str
    location: Location


class _Work(NamedTuple):
    """A stack that is open, for a job."""

    job: Job
    program: Program
    stack: Any
    where: Where


class _Done(NamedTuple):
    watch: Watch
    outputs: Mapping[str, Any] = {}
    kept: Sequence[str] = ()


def operate(job: Job, program: Program) -> Deployment:
    """Do what the job says. Raises :class:`~glacier.core.errors.DeployError`, and what the user's
    file raises."""
    automation()
    checked_settings(job.asked.settings, f"{job.asked.operation} of {job.pipeline!r}")
    project = check_name_of("pipeline", job.pipeline)
    name = job.asked.settings.stack or check_name_of("environment", job.environment)
    backend, folder = backend_of(job.asked.settings), folder_of(job.asked.settings, project)
    where = Where(job.asked.operation, name, job.environment, job.location, str(folder))
    stack = open_stack(
        lambda: program.run(False),
        job.asked.settings,
        where,
        project=project,
        backend=backend,
        folder=folder,
        may_make=job.asked.operation in ("deploy", "preview") and job.asked.settings.stack is None,
    )
    done = _OPERATIONS[job.asked.operation](_Work(job, program, stack, where))
    return Deployment(
        job.asked.operation,
        job.pipeline,
        job.environment,
        job.location,
        name,
        without_password(backend),
        tuple(done.watch.steps),
        done.watch.changes,
        {
            name: Output(one.value, one.secret)
            for name, one in done.outputs.items()
            if name != ADDRESSES
        },
        _addresses(done.outputs),
        tuple(sorted(kind_and_name(urn) for urn in done.kept)),
    )


def _addresses(outputs: Mapping[str, Any]) -> Mapping[str, str]:
    told: Mapping[str, Optional[str]] = outputs[ADDRESSES].value if ADDRESSES in outputs else {}
    return {name: address for name, address in sorted(told.items()) if address is not None}


def _deploy(work: _Work) -> _Done:
    with _watched(work) as watch:
        done = work.stack.up(on_event=watch, color="never")
    return _Done(watch, done.outputs)


def _preview(work: _Work) -> _Done:
    with _watched(work, is_plan=True) as watch:
        work.stack.preview(on_event=watch, color="never")
    return _Done(watch)


def _refresh(work: _Work) -> _Done:
    work.stack.workspace.program = None  # what is there is asked, not what is declared
    with _watched(work) as watch:
        work.stack.refresh(on_event=watch, color="never")
        outputs = work.stack.outputs()
    return _Done(watch, outputs)


def _destroy(work: _Work) -> _Done:
    """Delete what holds no data, and of the rest what its owner gave up.

    What is kept stays in the stack's state: the next deployment finds it there, and it can be
    deleted later.
    """
    rows = _state(work)
    if work.job.asked.deletes_data and holders(rows):
        _release(work, holders(rows))
        rows = _state(work)
    kept = holders(rows)
    stays = beside(rows, kept)
    targets = [row["urn"] for row in rows if row["urn"] not in stays] if kept else None
    work.stack.workspace.program = None
    with _watched(work) as watch:
        if targets != []:
            work.stack.destroy(target=targets, on_event=watch, color="never")
    return _Done(watch, kept=kept)


def _release(work: _Work, urns: List[str]) -> None:
    """Have these resources, and no others, registered as ready to be deleted.

    The flag that keeps them is in the stack's state, and what a cloud has against a deletion is in
    the resource itself; the file alone can change both. One that the file does not declare as it is
    there would be forgotten by that, and its data left behind: it stays as it is.
    """
    work.stack.workspace.program = lambda: work.program.run(True)
    with _watched(work, is_plan=True) as plan:
        work.stack.preview(on_event=plan, color="never")
    ready = [urn for urn in urns if plan.operations.get(urn, set()) <= {"same", "update"}]
    if ready:
        with _watched(work) as watch:
            work.stack.up(target=ready, on_event=watch, color="never")


_OPERATIONS: Mapping[str, Callable[[_Work], _Done]] = {
    "deploy": _deploy,
    "destroy": _destroy,
    "preview": _preview,
    "refresh": _refresh,
}


@contextmanager
def _watched(work: _Work, *, is_plan: bool = False) -> Generator[Watch, None, None]:
    """Listen to the engine, and turn what it refuses into errors that say how to mend it."""
    auto = automation()
    watch = Watch(None if is_plan else work.job.asked.tell, is_plan=is_plan)
    try:
        yield watch
    except auto.CommandError as error:
        if work.program.raised:
            raise work.program.raised[0] from None
        raise error_of(error, watch, work.where) from error
    finally:
        work.program.close()


def _state(work: _Work) -> List[Mapping[str, Any]]:
    auto = automation()
    try:
        found: Any = work.stack.export_stack().deployment
    except auto.CommandError as error:
        raise error_of(error, Watch(), work.where) from error
    rows: List[Mapping[str, Any]] = [] if found is None else found["resources"] or []
    return rows
