"""Environments: where a pipeline's data, functions and secrets are, in no provider's words.

What is declared belongs to one environment, and only its provider knows what that is in a cloud.
``bound`` lets a pipeline run with it, ``synth`` shows what would be there.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Dict, Mapping, NoReturn, Optional, Union, cast

from glacier.core.bound import BoundPipeline
from glacier.core.contracts.providers import Provider, Site
from glacier.core.dataset import Dataset, dataset_in, moved
from glacier.core.errors import (
    DuplicateResource,
    ForeignResource,
    InvalidOption,
    NotAPipeline,
    NotAProvider,
    NotRegistered,
)
from glacier.core.names import check_name
from glacier.core.pipeline import Pipeline
from glacier.core.place import Place, caller, place_of
from glacier.core.programs import in_program, project_name, session
from glacier.core.resource import Resource
from glacier.core.specs import (
    DatabaseSpec,
    ObjectStorageSpec,
    ScheduleSpec,
    SecretSpec,
    ServerlessSpec,
    Spec,
    checked,
    refuse_unknown,
)

if TYPE_CHECKING:
    from datetime import timedelta

    from glacier.core.dataset import Kept
    from glacier.core.synth import Synth

__all__ = ["Environment"]


class Environment:
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
        self.place = place_of(caller())
        self.name = check_name(name, kind="environment", where=self.place)
        where = f"environment {name!r} ({self.place})"
        if isinstance(provider, type) or getattr(provider, "__glacier__", "") != "provider":
            raise NotAProvider(where=where, found=provider)
        self.provider = provider
        self.tags = _texts("tags", tags, where)
        self.params: Mapping[str, Any] = MappingProxyType(_mapping("params", params, where))
        self._resources: Dict[Any, Resource] = {}
        self._bindings: Dict[str, Optional[Kept]] = {}
        self._site: Optional[Site] = None
        self._program: object = None
        current = session()
        if current is not None:
            current.environments.append(self)

    # --- what there is ----------------------------------------------------------------------------

    def object_storage(
        self,
        name: str,
        *,
        versioning: bool = False,
        encryption: Optional[str] = None,
        lifecycle_days: Optional[int] = None,
        options: Optional[Mapping[str, Any]] = None,
        **unknown: NoReturn,
    ) -> Resource:
        """Files under keys; see :class:`~glacier.core.specs.ObjectStorageSpec`."""
        spec = ObjectStorageSpec(name, versioning, encryption, lifecycle_days, options or {})
        return self._declare(spec, unknown, place_of(caller()))

    def serverless(
        self,
        name: str,
        *,
        handler: str,
        code: object,
        memory: int = 512,
        timeout: Union[float, timedelta] = 60.0,
        env: Optional[Mapping[str, str]] = None,
        options: Optional[Mapping[str, Any]] = None,
        **unknown: NoReturn,
    ) -> Resource:
        """A function of its own, no task; see :class:`~glacier.core.specs.ServerlessSpec`."""
        # Made a text and a number where they are checked.
        text, seconds = cast("Optional[str]", code), cast("float", timeout)
        spec = ServerlessSpec(name, handler, text, memory, seconds, env or {}, options or {})
        return self._declare(spec, unknown, place_of(caller()))

    def database(
        self,
        name: str,
        engine: str = "postgres",
        *,
        size: str = "small",
        options: Optional[Mapping[str, Any]] = None,
        **unknown: NoReturn,
    ) -> Resource:
        """A database; see :class:`~glacier.core.specs.DatabaseSpec`."""
        spec = DatabaseSpec(name, engine, size, options or {})
        return self._declare(spec, unknown, place_of(caller()))

    def secret(
        self, name: str, *, options: Optional[Mapping[str, Any]] = None, **unknown: NoReturn
    ) -> Resource:
        """A place for a secret, which tasks read by ``Annotated[str, Secret(name)]``."""
        return self._declare(SecretSpec(name, options or {}), unknown, place_of(caller()))

    def schedule(
        self,
        name: str,
        *,
        cron: str,
        timezone: str = "UTC",
        options: Optional[Mapping[str, Any]] = None,
        **unknown: NoReturn,
    ) -> Resource:
        """When a deployed pipeline starts; registered together with that pipeline."""
        spec = ScheduleSpec(name, cron, timezone, options or {})
        return self._declare(spec, unknown, place_of(caller()))

    @property
    def resources(self) -> Mapping[str, Resource]:
        """What is declared, by ``kind/name``."""
        return MappingProxyType(
            {f"{kind}/{name}": r for (kind, name), r in self._resources.items()}
        )

    def _declare(self, spec: Spec, unknown: Mapping[str, object], place: Place) -> Resource:
        where = f"{self.name}.{spec.kind}({spec.name!r}) ({place})"
        check_name(spec.name, kind=spec.kind.replace("_", " "), where=where)
        refuse_unknown(where, unknown, spec._fields[1:])
        key = (spec.kind, spec.name)
        earlier = self._resources.get(key)
        if earlier is not None and not place.replaces(earlier.place):
            raise DuplicateResource(
                kind=spec.kind,
                name=spec.name,
                environment=self.name,
                places=[str(earlier.place), str(place)],
            )
        resource = Resource(checked(spec, where), environment=self, place=place)
        self._resources[key] = resource
        if self._is_live():
            _ = resource.native
        return resource

    # --- what becomes of it -----------------------------------------------------------------------

    def _is_live(self) -> bool:
        """Whether what is declared now is registered at once."""
        current = session()
        if current is not None and not current.wants(
            environment=self.name, provider=self.provider.kind
        ):
            return False
        return in_program() or (current is not None and not self.provider.needs_program)

    def register(self, resource: Resource) -> Any:
        """The native resource behind one of this environment; users ask for its ``native``."""
        if self.provider.needs_program and not in_program():
            raise NotRegistered(resource=repr(resource), where=str(resource.place))
        return self.provider.register(resource.spec, self.site())

    def site(self) -> Site:
        """Where the provider registers; the same for all of a program."""
        current = session()
        pipeline = project_name() or ("" if current is None else current.pipeline)
        program = (current, pipeline)
        if self._site is None or self._program != program:
            self._program = program
            self._site = Site(
                environment=self.name,
                pipeline=pipeline,
                tags=self._all_tags(pipeline),
                session=current,
            )
        return self._site

    def _all_tags(self, pipeline: str) -> Mapping[str, str]:
        own = {"environment": self.name, "managed-by": "glacier", "pipeline": pipeline}
        return {**{key: value for key, value in own.items() if value}, **self.tags}

    # --- pipelines --------------------------------------------------------------------------------

    def bind(self, storages: Mapping[Any, Optional[Kept]]) -> None:
        """Keep datasets elsewhere than their ``storage=`` says, here: ``env.bind({raw: lake})``.

        The keys are datasets, aliases of them, or their names; ``None`` keeps one in memory.
        Raises :class:`~glacier.core.errors.ForeignResource` for a resource of another environment.
        """
        place = place_of(caller())
        for key, storage in _mapping("storages", storages, f"bind ({place})", texts=False).items():
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
        where = f"dataset {dataset.name!r} ({dataset.place})"
        if dataset.name in self._bindings:
            storage = self._bindings[dataset.name]
            return moved(dataset, storage, where=where, place=dataset.place)
        if dataset.resource is not None:
            self._check_own(dataset.resource, where)
        return dataset

    def bound(self, pipeline: Pipeline) -> BoundPipeline:
        """The pipeline as it runs in this environment: with its storages, and its parameters as
        defaults. Any executor executes that."""
        return BoundPipeline(_pipeline(pipeline), params=self.params, placed=self.placed)

    def synth(self, pipeline: Pipeline) -> Synth:
        """Every resource that would be registered, and what each task may do, without any cloud.

        The file that declares the pipeline is executed afresh in a process of its own, up to this
        call. Where there is no such file, as in a notebook, what this environment has declared is
        registered by itself. Raises :class:`~glacier.core.errors.CannotSynth`.
        """
        from glacier.core.synth import synth_of

        return synth_of(self, _pipeline(pipeline))

    def __repr__(self) -> str:
        return f"<Environment {self.name!r}: {self.provider.location}>"


def _pipeline(given: object) -> Pipeline:
    if isinstance(given, Pipeline):
        return given
    raise NotAPipeline(found=given)


def _mapping(option: str, given: object, where: str, *, texts: bool = True) -> Dict[Any, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        mend = "Give a mapping, such as {'name': value}."
        raise InvalidOption(where=where, option=option, found=given, mend=mend)
    found: Dict[Any, Any] = {**given}
    for key in found:
        if texts and not isinstance(key, str):
            raise InvalidOption(where=where, option=option, found=key, mend="Its keys are texts.")
    return found


def _texts(option: str, given: object, where: str) -> Mapping[str, str]:
    found = _mapping(option, given, where)
    for value in found.values():
        if not isinstance(value, str):
            raise InvalidOption(
                where=where, option=option, found=value, mend="Its values are texts."
            )
    return MappingProxyType(found)
