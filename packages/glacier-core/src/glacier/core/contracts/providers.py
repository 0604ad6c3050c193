"""What makes an environment real: a provider, and where it registers.

::

    env.object_storage("data")          what is declared: a Spec, in no provider's words
      └─ provider.register(spec, site)  inside a Pulumi program: its resources, and the native one
"""

from __future__ import annotations

from typing import (
    Any,
    Callable,
    ClassVar,
    Dict,
    Mapping,
    NamedTuple,
    Optional,
    Protocol,
    Sequence,
    TypeVar,
)

from glacier.core.programs import Session
from glacier.core.specs import Spec

__all__ = ["Location", "Provider", "Registered", "Site"]

T = TypeVar("T")


class Location(NamedTuple):
    """Where a provider's resources are. ``account`` is what bills are sent to: an account, a
    subscription, a project."""

    cloud: str
    account: str = ""
    region: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in self if part)


class Registered(NamedTuple):
    """One resource that a program registers.

    ``parent`` is the type and name of the resource that it is part of, empty for none;
    ``provider`` the name of the provider instance. Secrets are hidden in ``properties``, and what
    only the cloud can know is ``<computed>``.
    """

    type: str
    name: str
    parent: str = ""
    provider: str = ""
    properties: Mapping[str, Any] = {}


class Site:
    """One environment in one program: what a provider registers for.

    ``tags`` are for every resource that takes any. ``pipeline`` is the program's project.
    """

    def __init__(
        self,
        *,
        environment: str,
        pipeline: str,
        tags: Mapping[str, str],
        session: Optional[Session] = None,
    ) -> None:
        self.environment = environment
        self.pipeline = pipeline
        self.tags = tags
        self._session = session
        self._made: Dict[str, Any] = {}

    @property
    def deletes_data(self) -> bool:
        """Whether the data of this environment are about to be deleted, as its owner asked.

        What a cloud has against that (a bucket that must be empty, a protected database) is to be
        registered as switched off.
        """
        return self._session is not None and self._session.deletes_data

    def once(self, key: str, make: Callable[[], T]) -> T:
        """What is made once for the whole environment: its provider instance, a resource group."""
        if key not in self._made:
            self._made[key] = make()
        made: T = self._made[key]
        return made

    def label(self, name: str) -> str:
        """The name of a resource within the program, in which other environments may be too."""
        return f"{self.environment}-{name}"

    def called(self, spec: Spec, name: str) -> str:
        """Note that a resource is called that in the cloud, which users are shown; returns it."""
        return self.changed(spec.kind, spec.name, name)

    def changed(self, kind: str, given: str, made: str) -> str:
        """Note that a cloud is given ``made`` for what users gave, such as a tag; returns it."""
        if self._session is not None:
            self._session.names.append((kind, given, made))
        return made

    def tell(self, row: Registered) -> None:
        """Show a resource that no Pulumi program registers."""
        if self._session is not None:
            self._session.told.append(row)


class Provider(Protocol):
    """A place for environments: an account and region of a cloud, or this machine.

    A provider object holds settings alone: it is made without importing an SDK, and is the same for
    all environments that it is given to. Its ``__glacier__`` is ``"provider"``. Its class is found
    by an entry point of the group ``glacier.providers``, whose name is ``kind``.
    """

    kind: ClassVar[str]
    """``aws``, ``azure``, ``gcp``, ``local``."""

    needs_program: ClassVar[bool]
    """Whether resources exist in a Pulumi program alone; on this machine they need none."""

    adopts: ClassVar[Mapping[str, str]]
    """The types of raw resources that can keep datasets, with what each of them is like:
    ``object_storage`` or ``database``."""

    deprecated: ClassVar[Mapping[str, str]]
    """Types of raw resources that should not be used any more, with what to use instead."""

    @property
    def location(self) -> Location:
        """Where its resources are."""
        ...

    @property
    def answers(self) -> Mapping[str, Mapping[str, Any]]:
        """What the cloud would say to functions of its SDK that need no network to be known, such
        as ``aws:index/getRegion:getRegion``, for programs that run without any cloud."""
        ...

    @staticmethod
    def address_of(token: str, native_id: str, location: Location) -> Optional[str]:
        """The address of an object storage, as runs open it: ``s3://bucket``.

        ``token`` is the type of the native resource, without an API's version, and ``native_id``
        its id in the cloud. ``location`` is that of the environment, which may be another cloud.
        ``None`` for what is no object storage, or has no address. Asked of the class.
        """
        ...

    def doubts(self) -> Sequence[str]:
        """What cannot be real in its settings, such as an account of six digits, as sentences.

        They are warnings in a synthesis; ``preview`` and ``deploy`` refuse.
        """
        ...

    def register(self, spec: Spec, site: Site) -> Any:
        """Register the resources behind a spec, and return the native one.

        Called inside a Pulumi program, unless the provider needs none. Raises
        :class:`~glacier.core.errors.UnknownOption` for ``options`` that the native resource does
        not have.
        """
        ...
