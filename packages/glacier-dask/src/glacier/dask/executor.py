"""The executor of a cluster: the tasks of a pipeline as tasks of Dask."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

from glacier.core.protocols import (
    Execution,
    Executor,
    FolderPlaces,
    InvalidRequest,
    Launchable,
    Listener,
    Recorder,
    Run,
    check_concurrency,
    check_secrets,
    explained,
    prepared,
    progress_listener,
)
from glacier.dask.demands import Demands, check_priority, check_priority_names
from glacier.dask.faults import InvalidCluster

if TYPE_CHECKING:
    from glacier.core.protocols import Launch
    from glacier.dask.engine import Client
    from glacier.dask.session import Session

__all__ = ["DaskExecutor"]


class DaskExecutor:
    """Runs pipelines on a Dask cluster, and leaves their values there.

    The cluster is the one at ``address`` (``"tcp://…:8786"``), or that of a ``client``, or of a
    ``cluster`` object; with none of them it is a ``LocalCluster``, which is given
    ``cluster_options`` (``n_workers=4``, ``processes=False``), starts with the first run, and ends
    with :meth:`close`, or when nothing needs it any more: runs do whose values are still there.
    ``workers`` is short for as many workers of one thread each.

    ``fail_fast``, ``concurrency``, ``cache``, ``storage``, ``root``, ``history`` and ``progress``
    are as with ``LocalExecutor``; ``root`` must be a folder that all machines share where something
    is stored in it; the history is written by the client alone. ``priority`` maps names and tags of
    tasks to priorities, in place of those that the tasks themselves have.

    Raises :class:`~glacier.dask.InvalidCluster` for arguments that contradict each other.
    """

    resumable = False  # whether a run that fails leaves what another can go on from

    def __init__(
        self,
        address: str | None = None,
        *,
        client: Client | None = None,
        cluster: Any = None,
        workers: int | None = None,
        fail_fast: bool = False,
        concurrency: Mapping[str, int] | None = None,
        priority: Mapping[str, float] | None = None,
        cache: bool = False,
        storage: str = "local",
        root: str | os.PathLike[str] = ".glacier",
        progress: str | None = None,
        history: bool = True,
        **cluster_options: Any,
    ) -> None:
        if workers is not None:
            cluster_options = {"n_workers": workers, "threads_per_worker": 1, **cluster_options}
        _check_cluster(address, client, cluster, cluster_options)
        if storage not in ("local", "declared"):
            mend = "It is 'local', in folders below root, or 'declared', each where it is."
            raise InvalidRequest(option="storage", reason=f"is {storage!r}", mend=mend)
        self.address = address
        self.fail_fast = fail_fast
        self.concurrency = {} if concurrency is None else check_concurrency(concurrency)
        self.priority = {} if priority is None else check_priority(priority)
        self.cache = cache
        self.storage = storage
        self.root = os.path.abspath(root)
        self.progress = progress
        self.history = history
        self.resumable = history
        self._client = client
        self._cluster = cluster
        self._options = cluster_options
        self._session: Session | None = None
        self._lock = Lock()

    # --- running ----------------------------------------------------------------------------------

    def execute(
        self,
        pipeline: Launchable,
        *,
        params: Mapping[str, Any] | None = None,
        inputs: Mapping[Any, Any] | None = None,
        select: Any = None,
        listeners: Iterable[Listener] = (),
        keep: bool | Iterable[Any] = (),
        raise_on_failure: bool = True,
        resume: str | None = None,
    ) -> Run:
        """Run a pipeline to its end; the arguments are those of ``LocalExecutor.execute``.

        Raises as that does, and before anything runs :class:`~glacier.dask.ClusterFailed`,
        :class:`~glacier.dask.VersionMismatch` where the cluster does not have this Python and this
        Glacier, and :class:`~glacier.dask.NotShared` where it could not store what the run stores.
        """
        launch = prepared(
            pipeline,
            params=params,
            inputs=inputs,
            select=select,
            keep=keep,
            concurrency=self.concurrency,
        )
        if self.priority:
            check_priority_names(self.priority, launch)
        from glacier.dask.conductor import Conductor

        with self._connected() as session:
            workers = session.check()
            check_secrets(launch, session.missing)
            run = self._run(launch, session, workers, Conductor, listeners, resume)
        if raise_on_failure:
            run.raise_if_failed()
        return run

    def _run(
        self,
        launch: Launch,
        session: Session,
        workers: Mapping[str, Any],
        conductor: Any,
        listeners: Iterable[Listener],
        resume: str | None,
    ) -> Run:
        from glacier.dask.presence import levels
        from glacier.dask.sharing import SharedFolder

        folder = SharedFolder(session, self.root)
        execution = Execution(
            launch,
            listeners=(*self.observers(), *listeners),
            places=self.places(),
            cache=self.cache,
            resume=resume,
            resumable=self.resumable,
            salvage=folder.store,
        )
        demands = Demands(launch, workers.values(), self.priority)

        def drive(refs: Any) -> Any:
            folder.check_for(execution)
            return conductor(
                execution,
                session,
                refs=refs,
                demands=demands,
                fail_fast=self.fail_fast,
                concurrency=self.concurrency,
                levels=partial(levels, execution.run_id),
            )

        return execution.conduct(drive)

    def explain(
        self,
        pipeline: Launchable,
        *,
        params: Mapping[str, Any] | None = None,
        inputs: Mapping[Any, Any] | None = None,
        select: Any = None,
        resume: str | None = None,
    ) -> Sequence[Any]:
        """For each task whether :meth:`execute` would run it, and why; nothing runs, and no
        cluster is needed."""
        launch = prepared(pipeline, params=params, inputs=inputs, select=select)
        return explained(launch, self.places(), cache=self.cache, resume=resume)

    def places(self) -> FolderPlaces:
        """Where stored datasets are kept."""
        declared = self.storage == "declared"
        return FolderPlaces(self.root, declared=declared, executor="DaskExecutor")

    def observers(self) -> Iterable[Listener]:
        """Listeners that the executor itself adds to a run."""
        shown = None if self.progress is None else progress_listener(self.progress)
        observers: list[Listener] = [] if shown is None else [shown]
        return [*observers, Recorder(self.root)] if self.history else observers

    # --- the cluster ------------------------------------------------------------------------------

    @contextmanager
    def _connected(self) -> Generator[Session, None, None]:
        """The session of a run; within a task of the same cluster that of its worker, whose place
        is free for others meanwhile."""
        from glacier.dask.engine import rejoin, secede
        from glacier.dask.session import current

        found = None if self._client or self._cluster else current(self.address)
        if found is None or (self.address is None and not self._was_sent):
            yield self.session()
            return
        secede()
        try:
            yield found
        finally:
            rejoin()

    _was_sent = False

    def session(self) -> Session:
        """The connection to the cluster, which is made or started where there is none."""
        from glacier.dask.session import Session, connect, start

        with self._lock:
            if self._session is None or not self._session.is_open:
                if self._client is not None:
                    self._session = Session(self._client)
                elif self._cluster is not None or self.address is not None:
                    self._session = connect(self._cluster or self.address)
                else:
                    self._session = start(**self._options)
            return self._session

    @property
    def client(self) -> Client:
        """Dask's client of the cluster, to upload files or to look at it."""
        return self.session().client

    def close(self) -> None:
        """Disconnect, and end a cluster that was started here; values left there are lost."""
        with self._lock:
            session, self._session = self._session, None
        if session is not None:
            session.close()

    def __enter__(self) -> DaskExecutor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        """A task may execute pipelines with the executor that runs it: what it gets is one for the
        same cluster, which notes no history."""
        session = self.session()
        state: dict[str, Any] = dict(self.__dict__)
        state.update(address=session.address, _options={}, _was_sent=True)
        state.update(history=False, resumable=False)  # it is noted where the run began
        for name in ("_client", "_cluster", "_session", "_lock"):
            state[name] = None
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = Lock()

    def __repr__(self) -> str:
        address = "" if self.address is None else repr(self.address)
        return f"DaskExecutor({address})"


def _check_cluster(address: Any, client: Any, cluster: Any, options: Mapping[str, Any]) -> None:
    named = {"address": address, "client": client, "cluster": cluster}
    given = [name for name, value in named.items() if value is not None]
    if len(given) > 1:
        reason = f"{' and '.join(given)} each name a cluster"
        raise InvalidCluster(reason=reason, mend="Give one of them.")
    if "as_deployed" in options:
        mend = "Prove it on one machine: LocalExecutor(as_deployed=True)."
        raise InvalidCluster(reason="a cluster does not run tasks as deployed", mend=mend)
    if given and options:
        reason = f"{', '.join(sorted(options))} cannot be set where {given[0]} names a cluster"
        mend = "They are for the LocalCluster that is started where none is named."
        raise InvalidCluster(reason=reason, mend=mend)
    if address is not None and not isinstance(address, str):
        mend = "Give the scheduler's address as text, such as 'tcp://10.0.0.5:8786'."
        raise InvalidCluster(reason=f"address is {address!r}", mend=mend)


if TYPE_CHECKING:
    _: type[Executor] = DaskExecutor
