"""The executor of pipelines that are deployed, whatever their cloud."""

from __future__ import annotations

import os
import sys
from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Generator,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Union,
    cast,
)

from glacier.core.bound import BoundPipeline
from glacier.core.contracts import Launchable, Listener
from glacier.core.environment import Environment
from glacier.core.errors import InvalidRequest
from glacier.core.execution import prepared
from glacier.core.following.conductor import Conductor, ListedRun
from glacier.core.following.deployment import DeployedPipeline, Following
from glacier.core.following.drift import differences
from glacier.core.following.errors import Drifted, Left
from glacier.core.following.follower import Pace
from glacier.core.following.shelves import Shelves
from glacier.core.remote.bindings import BoundPlaces
from glacier.core.remote.deployed import Manifest
from glacier.core.run import Run
from glacier.core.select import Selection

if TYPE_CHECKING:
    from glacier.core.contracts import Inputs, Keep
    from glacier.core.pipeline import Pipeline

__all__ = ["Connection", "DeployedExecutor"]

_SOON = 0.1  # seconds between the first looks


class Connection(NamedTuple):
    """What a provider finds of a deployed pipeline: the service that conducts its runs, what its
    workspace says of it, and the stores of its data, as this client may use them."""

    conductor: Conductor
    manifest: Manifest
    places: BoundPlaces


class DeployedExecutor(ABC):
    """Runs pipelines where they are deployed, and follows them from here.

    ``env`` is the environment that they are deployed in. While a run goes on, its workspace is
    looked at every ``poll`` seconds at most. What is deployed must be what is here, unless
    ``check_plan`` is false. Ctrl-C leaves the run, which goes on; with ``cancel`` it is stopped,
    with ``"ask"`` a person at a terminal is asked. ``root``, ``history`` and ``progress`` are as
    with ``LocalExecutor``.

    Raises :class:`~glacier.core.errors.InvalidRequest` for what is no environment, and for options
    that are none.
    """

    provider: ClassVar[str]
    """The kind of the providers whose environments it takes."""

    def __init__(
        self,
        env: Environment,
        *,
        poll: float = 1.0,
        check_plan: bool = True,
        cancel: Union[bool, str] = False,
        root: Union[str, os.PathLike[str]] = ".glacier",
        history: bool = True,
        progress: Optional[str] = None,
    ) -> None:
        if not isinstance(env, Environment):  # pyright: ignore[reportUnnecessaryIsInstance]
            mend = "Give the environment that it is deployed in: Environment(provider, 'prod')."
            raise InvalidRequest(option="env", reason=f"is a {type(env).__name__}", mend=mend)
        if env.provider.kind != self.provider:
            reason = f"is {env!r}, whose provider is a {type(env.provider).__name__}"
            mend = f"Give an environment of a provider of kind {self.provider!r}."
            raise InvalidRequest(option="env", reason=reason, mend=mend)
        if not poll > 0:
            mend = "Give a number of seconds above zero."
            raise InvalidRequest(option="poll", reason=f"is {poll!r}", mend=mend)
        if cancel not in (True, False, "ask"):
            mend = "It is True, False or 'ask'."
            raise InvalidRequest(option="cancel", reason=f"is {cancel!r}", mend=mend)
        self.env = env
        self.check_plan = check_plan
        self.cancel = cancel
        self.root = os.path.abspath(root)
        self.history = history
        self.progress = progress
        self.following = Following(Pace(min(_SOON, poll), poll))

    @abstractmethod
    def connect(self, pipeline: str) -> Connection:
        """Find what is deployed of the pipeline of that name.

        Raises :class:`~glacier.core.following.errors.NotDeployed`.
        """

    # --- runs -------------------------------------------------------------------------------------

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
        """Run a pipeline where it is deployed, and follow it to its end.

        The arguments are those of every executor. Values of ``inputs`` are stored there as versions
        of this run alone. All results stay there, whatever ``keep`` says, and ``run[...]`` reads
        them.

        Raises what ``LocalExecutor.execute`` raises, and before anything runs
        :class:`~glacier.core.following.errors.NotDeployed` and
        :class:`~glacier.core.following.errors.Drifted`. ``KeyboardInterrupt`` is a
        :class:`~glacier.core.following.errors.Left`, which says what becomes of the run.
        """
        bound = self._bound(pipeline)
        launch = prepared(bound, params=params, inputs=inputs, select=select, keep=keep)
        deployed = self._checked(bound)
        run_id = deployed.start(launch, params=params, selected=select is not None, resume=resume)
        with _leaving(self, deployed, run_id):
            run = deployed.follow(run_id, launch.plan, listeners=(*self.observers(), *listeners))
        if raise_on_failure:
            run.raise_if_failed()
        return run

    def attach(
        self,
        pipeline: Launchable,
        run: str,
        *,
        listeners: Iterable[Listener] = (),
        raise_on_failure: bool = True,
    ) -> Run:
        """Follow a run that was started before, by whomever, to its end; listeners are told all of
        it from its beginning.

        Raises :class:`~glacier.core.following.errors.NoSuchRun`, and as :meth:`execute` does.
        """
        deployed = self.deployed(pipeline)
        with _leaving(self, deployed, run):
            found = deployed.attach(run, listeners=(*self.observers(), *listeners))
        if raise_on_failure:
            found.raise_if_failed()
        return found

    def runs(self, pipeline: Launchable, *, limit: int = 20) -> Sequence[ListedRun]:
        """The latest runs of a pipeline, the newest first, those of schedules too."""
        return self.deployed(pipeline).conductor.runs(limit)

    def stop(self, pipeline: Launchable, run: str) -> None:
        """Stop a run. Raises :class:`~glacier.core.following.errors.NoSuchRun`."""
        self.deployed(pipeline).conductor.stop(run)

    def log(self, pipeline: Launchable, run: str, task: str = "") -> Iterator[str]:
        """The lines that a task has logged in a run, without one those of its beginning and end;
        as they are kept, each a JSON object."""
        return self.deployed(pipeline).conductor.log(task, run)

    # --- what is deployed -------------------------------------------------------------------------

    def deployed(self, pipeline: Launchable) -> DeployedPipeline:
        """A pipeline as it is deployed. Raises
        :class:`~glacier.core.following.errors.NotDeployed`."""
        bound = self._bound(pipeline)
        graph = bound.pipeline.graph()
        datasets = {name: self.env.placed(one) for name, one in graph.datasets.items()}
        conductor, manifest, places = self.connect(bound.name)
        return DeployedPipeline(
            manifest.read_plan(),
            conductor=conductor,
            shelves=Shelves(bound.name, datasets, places),
            following=self.following,
            fingerprint=manifest.plan,
        )

    def observers(self) -> List[Listener]:
        """Listeners that the executor itself adds to a run."""
        from glacier.core.history.recorder import Recorder
        from glacier.core.progress import progress_listener

        shown = None if self.progress is None else progress_listener(self.progress)
        observers: List[Listener] = [] if shown is None else [shown]
        return [*observers, Recorder(self.root)] if self.history else observers

    def _bound(self, pipeline: Launchable) -> BoundPipeline:
        if isinstance(pipeline, BoundPipeline):
            return pipeline
        return self.env.bound(cast("Pipeline", pipeline))  # which refuses what is none

    def _checked(self, bound: BoundPipeline) -> DeployedPipeline:
        """What is deployed, if it is what is here."""
        from glacier.core.registration import fingerprint_of

        deployed = self.deployed(bound)
        pipeline = bound.pipeline
        if self.check_plan and deployed.fingerprint != fingerprint_of(self.env, pipeline):
            found = differences(deployed.plan, pipeline.plan())
            raise Drifted(
                pipeline=pipeline.name,
                environment=self.env.name,
                differences=found or [_UNSEEN],
            )
        return deployed

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.env!r})"


_UNSEEN = "the code of a task, the format of a dataset, or what a task may do"


@contextmanager
def _leaving(
    executor: DeployedExecutor, deployed: DeployedPipeline, run: str
) -> Generator[None, None, None]:
    """Say what becomes of a run that nobody follows any more."""
    try:
        yield
    except KeyboardInterrupt as error:
        is_cancelled = _is_cancelled(executor, run)
        if is_cancelled:
            deployed.conductor.stop(run)
        if type(error) is not KeyboardInterrupt:  # what ends a command says so itself
            raise
        if is_cancelled:
            raise Left(run=run, how="is being stopped.") from error
        how = (
            "goes on where it is deployed. Follow it again with "
            f"executor.attach(pipeline, {run!r}); 'glacier runs FILE --env {executor.env.name}' "
            "lists it."
        )
        raise Left(run=run, how=how) from error


def _is_cancelled(executor: DeployedExecutor, run: str) -> bool:
    if executor.cancel != "ask":
        return bool(executor.cancel)
    if not sys.stdin.isatty():
        return False
    try:
        return input(f"Stop run {run}, too? [y/N] ").strip().lower() in ("y", "yes")
    except (EOFError, KeyboardInterrupt):
        return False
