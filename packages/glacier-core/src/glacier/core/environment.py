"""Environments: where a pipeline's data, functions and secrets are, in no provider's words.

What is declared belongs to one environment, and only its provider knows what that is in a cloud.
``bound`` lets a pipeline run with it, ``synth`` shows what would be there, ``deploy`` makes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Mapping, Optional, Tuple, Union

from glacier.core.bound import BoundPipeline
from glacier.core.dataset import Dataset, dataset_in, moved
from glacier.core.declared import Declared, mapping_of
from glacier.core.errors import ForeignResource, InvalidOption, NotAPipeline
from glacier.core.loading import end_here
from glacier.core.pipeline import Pipeline
from glacier.core.place import caller, place_of
from glacier.core.programs import session
from glacier.core.resource import Resource

if TYPE_CHECKING:
    from glacier.core.contracts.providers import Provider
    from glacier.core.dataset import Kept
    from glacier.core.deploy import Deployment
    from glacier.core.schedules import Schedule
    from glacier.core.synth import Synth

__all__ = ["Environment"]

_NOTHING = (None, None, True)
"""What is said of a pipeline by saying nothing."""


class Environment(Declared):
    """One place to run pipelines in: ``Environment(AWSProvider(account=…, region=…), "prod")``.

    ``provider`` says in which cloud, account and region, or that it is this machine; nothing else
    of a file knows. ``name`` follows the rule for dataset names. ``tags`` go on every resource that
    takes any, besides ``environment``, ``pipeline`` and ``managed-by``. ``params`` are defaults of
    run parameters, for pipelines that have them.

    Inside a Pulumi program the methods register what they declare, elsewhere they only declare it.
    An environment has no state but its own, so several live in one program. Raises
    :class:`~glacier.core.errors.DefinitionError` for what it is given.
    """

    __glacier__ = "environment"

    def __init__(
        self,
        provider: Provider,
        name: str = "default",
        tags: Optional[Mapping[str, str]] = None,
        params: Optional[Mapping[str, Any]] = None,
    ) -> None:
        super().__init__(provider, name, tags, params, place=place_of(caller()))
        self._bindings: Dict[str, Optional[Kept]] = {}

    def bind(self, storages: Mapping[Any, Optional[Kept]]) -> None:
        """Keep datasets elsewhere than their ``storage=`` says, here: ``env.bind({raw: lake})``.

        The keys are datasets, aliases of them, or their names; ``None`` keeps one in memory.
        Raises :class:`~glacier.core.errors.ForeignResource` for a resource of another environment.
        """
        place = place_of(caller())
        given = mapping_of("storages", storages, f"bind ({place})", texts=False)
        for key, storage in given.items():
            dataset = dataset_in(key)
            name = dataset.name if dataset is not None else key
            where = f"dataset {name!r} ({place})"
            if not isinstance(name, str):
                mend = "Give datasets or their names: env.bind({raw: storage})."
                raise InvalidOption(where=f"bind ({place})", option="key", found=key, mend=mend)
            if isinstance(storage, Resource):
                self._check_own(storage, where)
            self._bindings[name] = storage

    def _check_own(self, resource: Resource, where: str) -> None:
        other = resource.environment
        if other is not None and other is not self:
            raise ForeignResource(
                where=where, resource=repr(resource), other=other.name, environment=self.name
            )

    def placed(self, dataset: Dataset) -> Dataset:
        """A dataset as it is kept in this environment.

        Raises :class:`~glacier.core.errors.ForeignResource` for one that is kept in another.
        """
        here = self._moved(dataset)
        if here.resource is not None:
            self._check_own(here.resource, f"dataset {dataset.name!r} ({dataset.place})")
        return here

    def _moved(self, dataset: Dataset) -> Dataset:
        if dataset.name not in self._bindings:
            return dataset
        where = f"dataset {dataset.name!r} ({dataset.place})"
        return moved(dataset, self._bindings[dataset.name], where=where, place=dataset.place)

    def bound(
        self, pipeline: Pipeline, *, addresses: Optional[Mapping[str, str]] = None
    ) -> BoundPipeline:
        """The pipeline as it runs in this environment: with its storages, and its parameters as
        defaults. Any executor executes that.

        ``addresses`` says where object storages really are, for runs with ``storage="declared"``:
        ``{"object_storage/lake": "s3://prod-lake"}``, or ``env.deploy(pipeline).addresses``. Raises
        :class:`~glacier.core.errors.UnknownName` for one that is not there.
        """
        checked = _pipeline(pipeline)
        if addresses is None:
            return BoundPipeline(checked, params=self.params, placed=self.placed)
        from glacier.core.addresses import placing

        where = f"addresses of pipeline {checked.name!r} in environment {self.name!r}"
        place = placing(self.storages(checked), addresses, where=where)
        return BoundPipeline(
            checked, params=self.params, placed=lambda dataset: place(self.placed(dataset))
        )

    def storages(self, pipeline: Pipeline) -> Mapping[str, Resource]:
        """The object storages that are declared here, and the raw ones that datasets of a pipeline
        are kept on, by ``kind/name``.

        Raises :class:`~glacier.core.errors.DuplicateResource` for two of one name.
        """
        from glacier.core.addresses import datasets_of, storages_of

        datasets = datasets_of(_pipeline(pipeline).tasks.values())
        return storages_of(self, [self._moved(dataset) for dataset in datasets])

    def synth(self, pipeline: Pipeline) -> Synth:
        """Every resource that would be registered, and what each task may do, without any cloud.

        The file that declares the pipeline is executed afresh in a process of its own, up to this
        call. Where there is no such file, as in a notebook, what this environment has declared is
        registered by itself. Raises :class:`~glacier.core.errors.CannotSynth`.
        """
        from glacier.core.synth import synth_of

        return synth_of(self, _pipeline(pipeline))

    # --- in the cloud -----------------------------------------------------------------------------

    def deploy(
        self,
        pipeline: Pipeline,
        *,
        schedule: Union[Schedule, Resource, None] = None,
        options: Optional[Mapping[str, Any]] = None,
        tasks: bool = True,
        backend: Optional[str] = None,
        stack: Optional[str] = None,
        secrets_provider: Optional[str] = None,
    ) -> Any:
        """Make what is declared real, or bring it up to date, by Pulumi's engine; what was done, as
        a :class:`~glacier.core.deploy.Deployment`.

        Where the provider can run pipelines, the pipeline becomes a part of it: it starts when
        ``schedule`` says, and when the schedules of this environment do. ``options`` are the
        provider's own. With ``tasks=False`` it is resources alone. The project is the pipeline, the
        stack the environment, or one that there is: ``stack``. ``backend`` is the URL of the state,
        by itself a folder in ``.glacier``. What is secret in a new stack is encrypted by
        ``secrets_provider``, or with a passphrase. The file that declares the pipeline is executed
        afresh, as by :meth:`synth`. Inside a Pulumi program of your own its engine deploys: this
        registers the pipeline there and returns its component. Raises
        :class:`~glacier.core.errors.DeployError`.
        """
        settings = (backend, stack, secrets_provider)
        return self._operate("deploy", pipeline, *settings, said=(schedule, options, tasks))

    def preview(
        self,
        pipeline: Pipeline,
        *,
        schedule: Union[Schedule, Resource, None] = None,
        options: Optional[Mapping[str, Any]] = None,
        tasks: bool = True,
        backend: Optional[str] = None,
        stack: Optional[str] = None,
        secrets_provider: Optional[str] = None,
    ) -> Deployment:
        """What :meth:`deploy` would do, by the engine's own comparison; only a stack is made."""
        settings = (backend, stack, secrets_provider)
        said = (schedule, options, tasks)
        done: Deployment = self._operate("preview", pipeline, *settings, said=said)
        return done

    def refresh(
        self, pipeline: Pipeline, *, backend: Optional[str] = None, stack: Optional[str] = None
    ) -> Deployment:
        """Take over into the stack's state what is there in the cloud, and change nothing there."""
        done: Deployment = self._operate("refresh", pipeline, backend, stack)
        return done

    def destroy(
        self,
        pipeline: Pipeline,
        *,
        delete_data: bool = False,
        backend: Optional[str] = None,
        stack: Optional[str] = None,
    ) -> Deployment:
        """Delete what was deployed; what holds data only if ``delete_data`` says so.

        What is kept stays in the stack, so that it can be deployed again, or deleted, later.
        """
        done: Deployment = self._operate(
            "destroy", pipeline, backend, stack, deletes_data=delete_data
        )
        return done

    def _operate(
        self,
        operation: str,
        pipeline: Pipeline,
        backend: Optional[str],
        stack: Optional[str],
        secrets_provider: Optional[str] = None,
        *,
        deletes_data: bool = False,
        said: Tuple[object, object, object] = _NOTHING,
    ) -> Any:
        checked = _pipeline(pipeline)
        if session() is None:
            end_here(checked)  # a worker that loads the file needs nothing of what follows
        from glacier.core.deploy import Asked, Settings, operate_on
        from glacier.core.registration import wish_of

        where = f"{operation} of {checked.name!r} in {self.name!r}"
        wish = None if said == _NOTHING else wish_of(*said, where=where)
        settings = Settings(backend, stack, secrets_provider)
        return operate_on(self, checked, Asked(operation, settings, deletes_data, wish=wish))

    def __repr__(self) -> str:
        return f"<Environment {self.name!r}: {self.provider.location}>"


def _pipeline(given: object) -> Pipeline:
    if isinstance(given, Pipeline):
        return given
    raise NotAPipeline(found=given)
