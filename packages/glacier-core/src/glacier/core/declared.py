"""What an environment declares, and what its provider makes of that in a program."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Dict, Mapping, NoReturn, Optional, Union, cast

from glacier.core.contracts.providers import Provider, Site
from glacier.core.errors import DuplicateResource, InvalidOption, NotAProvider, NotRegistered
from glacier.core.names import check_name
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

__all__ = ["Declared", "mapping_of"]


class Declared:
    """The part of :class:`~glacier.core.Environment` that knows resources and no pipelines."""

    def __init__(
        self,
        provider: Provider,
        name: str,
        tags: Optional[Mapping[str, str]],
        params: Optional[Mapping[str, Any]],
        *,
        place: Place,
    ) -> None:
        self.place = place
        self.name = check_name(name, kind="environment", where=self.place)
        where = f"environment {name!r} ({self.place})"
        if isinstance(provider, type) or getattr(provider, "__glacier__", "") != "provider":
            raise NotAProvider(where=where, found=provider)
        self.provider = provider
        self.tags = _texts("tags", tags, where)
        self.params: Mapping[str, Any] = MappingProxyType(mapping_of("params", params, where))
        self._resources: Dict[Any, Resource] = {}
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
        overlap: str = "skip",
        options: Optional[Mapping[str, Any]] = None,
        **unknown: NoReturn,
    ) -> Resource:
        """When a deployed pipeline starts; registered together with that pipeline.

        The same as :class:`~glacier.core.Schedule`, under a name.
        """
        spec = ScheduleSpec(name, cron, timezone, overlap, options or {})
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


def mapping_of(option: str, given: object, where: str, *, texts: bool = True) -> Dict[Any, Any]:
    """A copy of what was given for an option, whose keys are texts where ``texts`` says so.

    Raises :class:`~glacier.core.errors.InvalidOption` for anything else.
    """
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
    found = mapping_of(option, given, where)
    for value in found.values():
        if not isinstance(value, str):
            raise InvalidOption(
                where=where, option=option, found=value, mend="Its values are texts."
            )
    return MappingProxyType(found)
