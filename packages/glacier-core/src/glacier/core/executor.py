"""Executors that run a pipeline from this process, over a pool of workers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Iterable, Mapping, Optional, Sequence

from glacier.core.contracts import Launch, Launchable, Listener, Pool, VersionRef
from glacier.core.execution import Execution, check_secrets, explained, prepared
from glacier.core.plan import Plan
from glacier.core.run import Run, RunLog
from glacier.core.scheduler import Scheduler
from glacier.core.select import Selection

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
        launch = prepared(
            pipeline,
            params=params,
            inputs=inputs,
            select=select,
            keep=keep,
            concurrency=self.concurrency,
        )
        check_secrets(launch)
        if self.as_deployed:
            launch = _without_coroutines(launch)
        execution = Execution(
            launch,
            listeners=(*self.observers(), *listeners),
            places=self.places(),
            cache=self.cache,
            resume=resume,
            all_formats=self.as_deployed,
            resumable=self.resumable,
        )
        if execution.stock is not None:
            execution.stock.reach()
        run = execution.conduct(lambda refs: self._drive(execution, refs))
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
        launch = prepared(pipeline, params=params, inputs=inputs, select=select)
        return explained(launch, self.places(), cache=self.cache, resume=resume)

    def _drive(self, execution: Execution, refs: Mapping[str, VersionRef]) -> _PoolDriver:
        pool = self.open()
        try:
            scheduler = self._scheduler(execution, pool)
            if refs:
                scheduler.ledger.pin(refs)
            scheduler.announce()  # before the listeners, who may do much at the start of a run
        except BaseException:
            pool.close()
            raise
        return _PoolDriver(pool, scheduler)

    def _scheduler(self, execution: Execution, pool: Pool) -> Scheduler:
        launch, run_id, emit = execution.launch, execution.run_id, execution.emit
        fail_fast, limits, depot = self.fail_fast, self.concurrency, execution.depot
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


class _PoolDriver:
    """A scheduler and the pool that it hands calls to."""

    def __init__(self, pool: Pool, scheduler: Scheduler) -> None:
        self.pool = pool
        self.scheduler = scheduler

    @property
    def log(self) -> RunLog:
        return self.scheduler.ledger.log

    def run(self) -> RunLog:
        return self.scheduler.run()

    def close(self) -> None:
        self.pool.close()


def _without_coroutines(launch: Launch) -> Launch:
    """The same for workers that run coroutines themselves, each on a loop of its own."""
    steps = [step._replace(is_async=False, lazy=False) for step in launch.plan.steps]
    return launch._replace(plan=Plan(launch.plan.pipeline, tuple(steps), launch.plan.given))
