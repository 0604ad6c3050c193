"""Executors that run a pipeline from this process, over a pool of workers."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from time import perf_counter, time
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence

from glacier.core.annotations import ArgumentKind
from glacier.core.contracts import Launch, Launchable, Listener, Pool, State, VersionRef
from glacier.core.errors import (
    GlacierError,
    GlacierWarning,
    MissingSecret,
    NotAPipeline,
    RequestErrors,
)
from glacier.core.events import Event, RunFinished, RunStarted
from glacier.core.plan import Plan
from glacier.core.resources import Secret
from glacier.core.run import Run
from glacier.core.run_ids import new_run_id
from glacier.core.scheduler import Scheduler
from glacier.core.secret_values import read_secret
from glacier.core.select import Selection
from glacier.core.stock import Stock, open_stock

if TYPE_CHECKING:
    from glacier.core.clock import Clock
    from glacier.core.contracts import Inputs, Keep
    from glacier.core.storage.decisions import Decision
    from glacier.core.storage.places import Places

__all__ = ["PoolExecutor"]


class PoolExecutor(ABC):
    """Implements ``execute`` for whatever can open a pool of workers.

    An executor holds no state of a run, so one may be used by several threads, and by a task of
    the pipeline that it is executing. With ``fail_fast`` the first failure cancels all that has
    not started; without it, independent branches go on. ``concurrency`` limits how many calls run
    at a time, by the name or a tag of their task: ``{"api": 2}``. ``clock`` measures pauses and
    timeouts, and draws the pauses; ``None`` is that of the system. With ``cache`` a task whose
    code, parameters and inputs are those of an earlier run does not run, but has its results.

    Raises :class:`~glacier.core.errors.InvalidRequest` for limits that are none.
    """

    clock: Optional[Clock] = None
    as_deployed = False  # whether each task runs as if on a machine of its own
    resumable = True  # whether a run that fails leaves what another can go on from

    def __init__(
        self,
        *,
        fail_fast: bool = False,
        concurrency: Optional[Mapping[str, int]] = None,
        cache: bool = False,
    ) -> None:
        self.fail_fast = fail_fast
        self.cache = cache
        self.concurrency: Mapping[str, int] = {}
        if concurrency is not None:
            from glacier.core.limits import check_concurrency

            self.concurrency = check_concurrency(concurrency)

    @abstractmethod
    def open(self) -> Pool:
        """The workers of one run; they should start only when they are first needed."""

    def observers(self) -> Iterable[Listener]:
        """Listeners that the executor itself adds to a run, told before those of the caller."""
        return ()

    def places(self) -> Optional[Places]:
        """Where stored datasets are kept; ``None`` for an executor that keeps all in memory."""
        return None

    def execute(
        self,
        pipeline: Launchable,
        *,
        params: Optional[Mapping[str, Any]] = None,
        inputs: Optional[Inputs] = None,
        select: Optional[Selection] = None,
        listeners: Iterable[Listener] = (),
        keep: Keep = (),
        raise_on_failure: bool = True,
        resume: Optional[str] = None,
    ) -> Run:
        """Run a pipeline to its end.

        ``params`` sets run parameters, by name or for one task alone (``"extract.day"``);
        ``inputs`` feeds datasets instead of running their producers; ``select`` runs a part
        (``"clean+"``); ``listeners`` are told of every event; ``keep`` names datasets to hold in
        memory to the end, or is true for all. ``resume`` is the id of a run that did not succeed:
        this one reads what that read, and does not repeat what it has done.

        Raises :class:`~glacier.core.errors.DefinitionError` and
        :class:`~glacier.core.errors.RequestError` before anything runs,
        :class:`~glacier.core.errors.RunFailed` at the end of a run in which a task failed (unless
        ``raise_on_failure`` is false), and lets ``KeyboardInterrupt`` through.
        """
        launch = _prepared(pipeline, params=params, inputs=inputs, select=select, keep=keep)
        _check_secrets(launch)
        if self.concurrency:
            from glacier.core.limits import check_names

            check_names(self.concurrency, launch)
        if self.as_deployed:
            launch = _without_coroutines(launch)
        run_id = new_run_id()
        stock = open_stock(
            launch,
            self.places(),
            run_id=run_id,
            cache=self.cache,
            resume=resume,
            all_formats=self.as_deployed,
        )
        if stock is not None:
            stock.reach()
        run = self._run(launch, run_id, stock, _dispatcher((*self.observers(), *listeners)))
        if raise_on_failure:
            run.raise_if_failed()
        return run

    def explain(
        self,
        pipeline: Launchable,
        *,
        params: Optional[Mapping[str, Any]] = None,
        inputs: Optional[Inputs] = None,
        select: Optional[Selection] = None,
        resume: Optional[str] = None,
    ) -> Sequence[Decision]:
        """For each task whether :meth:`execute` would run it, and why; nothing runs.

        Raises as :meth:`execute` does before anything runs.
        """
        from glacier.core.storage.decisions import Decision
        from glacier.core.storage.explaining import explain
        from glacier.core.storage.opening import make_depot

        launch = _prepared(pipeline, params=params, inputs=inputs, select=select)
        places, run_id = self.places(), new_run_id()
        if places is None:  # all is in memory, so there is nothing to reuse
            return [
                Decision(s.task, True, "this executor keeps nothing") for s in launch.plan.steps
            ]
        return explain(make_depot(launch, places, run_id=run_id, cache=self.cache, resume=resume))

    def _run(
        self,
        launch: Launch,
        run_id: str,
        stock: Optional[Stock],
        emit: Optional[Callable[[Event], None]],
    ) -> Run:
        plan = launch.plan
        refs: Mapping[str, VersionRef] = {} if stock is None else stock.begin()
        started, clock = time(), perf_counter()
        pool = self.open()
        scheduler = self._scheduler(launch, pool, run_id, emit, stock)
        if refs:
            scheduler.ledger.pin(refs)
        state, resumable = State.CANCELLED, False
        if emit is not None:
            emit(RunStarted(run_id, plan, started))
        try:
            scheduler.announce()
            log = scheduler.run()
            state = State.FAILED if log.errors else State.SUCCEEDED
        finally:
            if state is not State.SUCCEEDED and stock is not None and self.resumable:
                resumable = stock.salvage(scheduler.ledger.log)
            pool.close()
            if stock is not None:
                stock.close()
            duration = perf_counter() - clock
            if emit is not None:
                emit(RunFinished(run_id, state, time(), duration))
        return Run(
            run_id=run_id,
            plan=plan,
            log=log,
            state=state,
            started=started,
            duration=duration,
            resumable=resumable,
        )

    def _scheduler(
        self,
        launch: Launch,
        pool: Pool,
        run_id: str,
        emit: Optional[Callable[[Event], None]],
        stock: Optional[Stock],
    ) -> Scheduler:
        fail_fast, limits = self.fail_fast, self.concurrency
        depot = None if stock is None else stock.depot
        if not limits and not any(step.policy for step in launch.plan.steps):
            return Scheduler(
                launch, pool, run_id=run_id, emit=emit, fail_fast=fail_fast, depot=depot
            )
        from glacier.core.guarded import GuardedScheduler

        return GuardedScheduler(
            launch,
            pool,
            run_id=run_id,
            emit=emit,
            fail_fast=fail_fast,
            concurrency=limits,
            clock=self.clock,
            depot=depot,
        )


def _prepared(
    pipeline: Launchable,
    *,
    params: Optional[Mapping[str, Any]],
    inputs: Optional[Inputs],
    select: Optional[Selection],
    keep: Keep = (),
) -> Launch:
    if isinstance(pipeline, type) or not hasattr(pipeline, "prepare"):
        raise NotAPipeline(found=pipeline)
    return pipeline.prepare(params=params, inputs=inputs, select=select, keep=keep)


def _without_coroutines(launch: Launch) -> Launch:
    """The same for workers that run coroutines themselves, each on a loop of its own."""
    steps = [step._replace(is_async=False, lazy=False) for step in launch.plan.steps]
    return launch._replace(plan=Plan(launch.plan.pipeline, tuple(steps), launch.plan.given))


def _check_secrets(launch: Launch) -> None:
    """Refuse a run that will lack a secret, naming them all."""
    tasks: Dict[str, List[str]] = {}
    for step in launch.plan.steps:
        if step.plain:
            continue
        for slot in step.slots:
            if slot.kind == ArgumentKind.SECRET:
                tasks.setdefault(slot.source, []).append(step.task)
    problems: List[GlacierError] = []
    for name, users in tasks.items():
        try:
            read_secret(name, task=users[0])
        except MissingSecret:
            variable = Secret(name).variable
            problems.append(MissingSecret(secret=name, variable=variable, tasks=users))
    if problems:
        raise (
            problems[0]
            if len(problems) == 1
            else RequestErrors(
                subject=f"the run of pipeline {launch.plan.pipeline!r}", problems=problems
            )
        )


def _dispatcher(listeners: Iterable[Listener]) -> Optional[Callable[[Event], None]]:
    """One function that tells all listeners; ``None`` without any, which costs nothing."""
    active = list(listeners)
    if not active:
        return None

    def emit(event: Event) -> None:
        for listener in tuple(active):
            try:
                listener(event)
            except Exception as error:
                active.remove(listener)
                warnings.warn(
                    f"the listener {listener!r} failed on {type(event).__name__} and is dropped: "
                    f"{type(error).__name__}: {error}",
                    GlacierWarning,
                    stacklevel=2,
                )

    return emit
