"""What every run has around its steps, whoever conducts them: checks, stock, listeners, the Run.

An executor that schedules by itself, as one over a pool does, asks :func:`prepared` for a launch,
checks it, opens an :class:`Execution`, and gives that a :class:`Driver` for the steps.
"""

from __future__ import annotations

import warnings
from time import perf_counter, time
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Collection,
    Dict,
    Iterable,
    List,
    Mapping,
    Optional,
    Protocol,
    Sequence,
)

from glacier.core.annotations import ArgumentKind
from glacier.core.contracts import Launch, Launchable, Listener, State, VersionRef
from glacier.core.errors import (
    GlacierError,
    GlacierWarning,
    MissingSecret,
    NotAPipeline,
    RequestErrors,
)
from glacier.core.events import Event, RunFinished, RunStarted
from glacier.core.resources import Secret
from glacier.core.run import Run, RunLog
from glacier.core.run_ids import new_run_id
from glacier.core.secret_values import lacking
from glacier.core.select import Selection
from glacier.core.stock import Stock, open_stock

if TYPE_CHECKING:
    from glacier.core.contracts import Inputs, Keep
    from glacier.core.stock import Salvage
    from glacier.core.storage.decisions import Decision
    from glacier.core.storage.depot import Depot
    from glacier.core.storage.places import Places

__all__ = ["Driver", "Execution", "check_secrets", "dispatcher", "explained", "prepared"]


class Driver(Protocol):
    """Conducts the steps of one run."""

    @property
    def log(self) -> RunLog:
        """What is noted so far, also when :meth:`run` has raised."""
        ...

    def run(self) -> RunLog:
        """Run all steps; on Ctrl-C stop, then let it through."""
        ...

    def close(self) -> None:
        """Let go of the workers; called once, after whatever :meth:`run` did."""
        ...


class Execution:
    """One run, from before its first step until after its last.

    ``emit`` tells all listeners of an event; it is ``None`` where there are none. ``stock`` holds
    what the run stores. A run that does not succeed leaves what another can go on from where
    ``resumable`` says so; ``salvage`` is how a value of a driver is stored then.
    """

    def __init__(
        self,
        launch: Launch,
        *,
        listeners: Iterable[Listener] = (),
        places: Optional[Places] = None,
        cache: bool = False,
        resume: Optional[str] = None,
        all_formats: bool = False,
        resumable: bool = True,
        salvage: Optional[Salvage] = None,
    ) -> None:
        self.launch = launch
        self.run_id = run_id = new_run_id()
        self.resumable = resumable
        self.salvage = salvage
        self.stock: Optional[Stock] = open_stock(
            launch, places, run_id=run_id, cache=cache, resume=resume, all_formats=all_formats
        )
        self.emit = dispatcher(listeners)

    @property
    def depot(self) -> Optional[Depot]:
        """The stored datasets of the run, if it has any."""
        return None if self.stock is None else self.stock.depot

    def conduct(self, drive: Callable[[Mapping[str, VersionRef]], Driver]) -> Run:
        """Let a driver run all steps; ``drive`` makes it, of what the run reads from outside."""
        stock, emit, run_id, plan = self.stock, self.emit, self.run_id, self.launch.plan
        refs: Mapping[str, VersionRef] = {} if stock is None else stock.begin()
        started, clock = time(), perf_counter()
        try:
            driver = drive(refs)
        except BaseException:
            if stock is not None:
                stock.close()
            raise
        state, resumable = State.CANCELLED, False
        try:
            if emit is not None:
                emit(RunStarted(run_id, plan, started))
            log = driver.run()
            state = State.FAILED if log.errors else State.SUCCEEDED
        finally:
            if state is not State.SUCCEEDED and stock is not None and self.resumable:
                resumable = stock.salvage(driver.log, self.salvage)
            driver.close()
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


def prepared(
    pipeline: Launchable,
    *,
    params: Optional[Mapping[str, Any]],
    inputs: Optional[Inputs],
    select: Optional[Selection],
    keep: Keep = (),
    concurrency: Optional[Mapping[str, int]] = None,
) -> Launch:
    """The launch that a request asks for.

    Raises :class:`~glacier.core.errors.DefinitionError` and
    :class:`~glacier.core.errors.RequestError`.
    """
    if isinstance(pipeline, type) or not hasattr(pipeline, "prepare"):
        raise NotAPipeline(found=pipeline)
    launch = pipeline.prepare(params=params, inputs=inputs, select=select, keep=keep)
    if concurrency:
        from glacier.core.limits import check_names

        check_names(concurrency, launch)
    return launch


def check_secrets(
    launch: Launch, missing: Callable[[Sequence[str]], Collection[str]] = lacking
) -> None:
    """Refuse a run that will lack a secret, naming them all.

    ``missing`` says which of these secrets are not to be had where the tasks run.
    """
    tasks: Dict[str, List[str]] = {}
    for step in launch.plan.steps:
        if step.plain:
            continue
        for slot in step.slots:
            if slot.kind == ArgumentKind.SECRET:
                tasks.setdefault(slot.source, []).append(step.task)
    absent = missing(list(tasks)) if tasks else ()
    problems: List[GlacierError] = [
        MissingSecret(secret=name, variable=Secret(name).variable, tasks=users)
        for name, users in tasks.items()
        if name in absent
    ]
    if problems:
        raise (
            problems[0]
            if len(problems) == 1
            else RequestErrors(
                subject=f"the run of pipeline {launch.plan.pipeline!r}", problems=problems
            )
        )


def explained(
    launch: Launch, places: Optional[Places], *, cache: bool, resume: Optional[str]
) -> Sequence[Decision]:
    """For each task whether a run would run it, and why; nothing runs."""
    from glacier.core.storage.decisions import Decision
    from glacier.core.storage.explaining import explain
    from glacier.core.storage.opening import make_depot

    if places is None:  # all is in memory, so there is nothing to reuse
        return [Decision(s.task, True, "this executor keeps nothing") for s in launch.plan.steps]
    run_id = new_run_id()
    return explain(make_depot(launch, places, run_id=run_id, cache=cache, resume=resume))


def dispatcher(listeners: Iterable[Listener]) -> Optional[Callable[[Event], None]]:
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
