"""The provider of environments that are this machine: all of them, with no cloud."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Mapping, Optional, Sequence, Type, Union

from glacier.core.protocols import (
    DatabaseSpec,
    Location,
    NotAnEnvironment,
    ObjectStorageSpec,
    Registered,
    Secret,
    SecretSpec,
    ServerlessSpec,
)

if TYPE_CHECKING:
    from glacier.core.protocols import Provider, Site, Spec

__all__ = ["LocalProvider"]


class LocalProvider:
    """Keeps everything below the folder ``root``, which is the executor's: folders for object
    storages, SQLite files for databases, environment variables for secrets, and plain Python for
    functions. ``options=`` are for providers that have some; here they change nothing.
    """

    __glacier__ = "provider"
    kind: ClassVar[str] = "local"
    needs_program: ClassVar[bool] = False
    adopts: ClassVar[Mapping[str, str]] = {}
    deprecated: ClassVar[Mapping[str, str]] = {}

    def __init__(self, root: Union[str, os.PathLike[str]] = ".glacier") -> None:
        self.root = Path(root)

    @property
    def location(self) -> Location:
        """This machine."""
        return Location("local")

    @property
    def answers(self) -> Mapping[str, Mapping[str, Any]]:
        """There is no SDK that anybody could ask."""
        return {}

    @staticmethod
    def address_of(token: str, native_id: str, location: Location) -> Optional[str]:
        """None: where a run keeps its folders its executor says."""
        return None

    def doubts(self) -> Sequence[str]:
        """Nothing is doubtful about a folder."""
        return ()

    def register(self, spec: Spec, site: Site) -> Any:
        """The native one: a path, the name of a variable, a function; a schedule has none."""
        if isinstance(spec, ObjectStorageSpec):
            return self._path(spec, site, "Folder", spec.name)
        if isinstance(spec, DatabaseSpec):
            return self._path(spec, site, "Database", f"{spec.name}.db")
        if isinstance(spec, SecretSpec):
            variable = Secret(spec.name).variable
            _tell(spec, site, "Secret", {"variable": variable})
            return variable
        if isinstance(spec, ServerlessSpec):
            from glacier.local.functions import LocalFunction

            _tell(spec, site, "Function", {"code": spec.code, "handler": spec.handler})
            return LocalFunction(spec)
        return None

    def _path(self, spec: Spec, site: Site, kind: str, name: str) -> Path:
        path = self.root / "storage" / name
        _tell(spec, site, kind, {"path": path.as_posix()})
        return path

    def __getattr__(self, name: str) -> Any:
        raise NotAnEnvironment(provider=type(self).__name__, attribute=name)

    def __repr__(self) -> str:
        return f"LocalProvider({str(self.root)!r})"


def _tell(spec: Spec, site: Site, kind: str, properties: Mapping[str, Any]) -> None:
    row = Registered(
        f"glacier:local:{kind}",
        site.label(spec.name),
        properties={**properties, "tags": dict(site.tags)},
    )
    site.tell(row)


if TYPE_CHECKING:
    _: Type[Provider] = LocalProvider
