"""One resource of an environment, or a raw one of Pulumi: what datasets are kept on."""

from __future__ import annotations

from typing import Any, List, Mapping, Optional, Protocol, Tuple

from glacier.core.errors import InvalidOption
from glacier.core.place import Place
from glacier.core.resources import Database, ObjectStorage, Storage
from glacier.core.specs import DatabaseSpec, ObjectStorageSpec, Spec

__all__ = ["Home", "Native", "Resource"]


class Native(Protocol):
    """A resource of Pulumi, whatever its provider."""

    @property
    def urn(self) -> Any: ...


class Home(Protocol):
    """The environment of a resource, as far as the resource needs it."""

    @property
    def name(self) -> str: ...

    def register(self, resource: Resource, /) -> Any: ...


class Resource:
    """What a method of an environment returns: the frozen ``spec``, and where it belongs.

    A raw resource of Pulumi that was adopted belongs to no environment: ``environment`` is
    ``None``, ``token`` its type. ``place`` is where it was declared.
    """

    __slots__ = ("_natives", "environment", "place", "spec", "token")

    __glacier__ = "resource"

    def __init__(
        self,
        spec: Spec,
        *,
        environment: Optional[Home],
        place: Place,
        native: Any = None,
        token: str = "",
    ) -> None:
        self.spec = spec
        self.environment = environment
        self.place = place
        self.token = token
        self._natives: List[Any] = [] if native is None else [native]

    @property
    def name(self) -> str:
        """Its name, as declared."""
        return self.spec.name

    @property
    def kind(self) -> str:
        """The method of an environment that makes such a one, ``object_storage``."""
        return self.spec.kind

    @property
    def native(self) -> Any:
        """What the provider makes of it: a resource of Pulumi, or locally a path or a function.

        It is registered now if it was not yet. Raises
        :class:`~glacier.core.errors.NotRegistered` outside a Pulumi program.
        """
        if not self._natives and self.environment is not None:
            self._natives.append(self.environment.register(self))
        return self._natives[0]

    def storage(self, where: str) -> Storage:
        """What a dataset that is kept on it is kept on while the pipeline runs on this machine.

        Raises :class:`~glacier.core.errors.InvalidOption` for what keeps no datasets.
        """
        if isinstance(self.spec, ObjectStorageSpec):
            return ObjectStorage(self.name)
        if isinstance(self.spec, DatabaseSpec):
            return Database(self.name)
        mend = "Datasets are kept on env.object_storage('…') or env.database('…')."
        raise InvalidOption(where=where, option="storage", found=self, mend=mend)

    def __reduce__(self) -> Tuple[object, ...]:
        # What is registered, and the environment with its accounts, stay in this process.
        fields = [dict(one) if isinstance(one, Mapping) else one for one in self.spec[:-1]]
        return _alone, (type(self.spec), tuple(fields), self.place, self.token)

    def __repr__(self) -> str:
        if self.environment is None:
            return f"{self.token.rpartition(':')[2] or self.kind}({self.name!r})"
        return f"{self.environment.name}.{self.kind}({self.name!r})"


def _alone(kind: Any, fields: Tuple[Any, ...], place: Place, token: str) -> Resource:
    return Resource(kind(*fields), environment=None, place=place, token=token)
