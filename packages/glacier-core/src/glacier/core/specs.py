"""What environments declare, in no provider's words: frozen, and checked where it is declared."""

from __future__ import annotations

import os
from types import MappingProxyType
from typing import Any, Iterable, Mapping, NamedTuple, Optional, Union, cast

from glacier.core.durations import seconds_of
from glacier.core.errors import InvalidOption, UnknownOption
from glacier.core.schedules import check_schedule

__all__ = [
    "DatabaseSpec",
    "ObjectStorageSpec",
    "ScheduleSpec",
    "SecretSpec",
    "ServerlessSpec",
    "Spec",
    "checked",
    "refuse_unknown",
]

Options = Mapping[str, Any]
_NONE: Options = MappingProxyType({})


class ObjectStorageSpec(NamedTuple):
    """Files under keys, private and encrypted, to be reached over TLS alone.

    ``versioning`` keeps what is overwritten or deleted; Glacier itself overwrites no data.
    ``encryption`` is the id of a key of yours, ``None`` for the platform's own. What is older than
    ``lifecycle_days`` is deleted. ``options`` go to the provider's own resource as they are.
    """

    name: str
    versioning: bool = False
    encryption: Optional[str] = None
    lifecycle_days: Optional[int] = None
    options: Options = _NONE

    @property
    def kind(self) -> str:
        """The method of an environment that makes one."""
        return "object_storage"


class ServerlessSpec(NamedTuple):
    """A function of its own, that is no task.

    ``handler`` is ``module.function`` in ``code``, a file or folder; ``...`` stands for code that
    is still to come. ``memory`` is in MiB, ``timeout`` in seconds.
    """

    name: str
    handler: str
    code: Optional[str]
    memory: int = 512
    timeout: float = 60.0
    env: Mapping[str, str] = _NONE
    options: Options = _NONE

    @property
    def kind(self) -> str:
        """The method of an environment that makes one."""
        return "serverless"


class DatabaseSpec(NamedTuple):
    """A database server with one database, encrypted and not reachable from the internet.

    ``engine`` is ``postgres``; ``size`` is ``small``, ``medium``, ``large``, or what the provider
    calls its machines.
    """

    name: str
    engine: str = "postgres"
    size: str = "small"
    options: Options = _NONE

    @property
    def kind(self) -> str:
        """The method of an environment that makes one."""
        return "database"


class SecretSpec(NamedTuple):
    """A secret, never its value: that is put in by whoever has it."""

    name: str
    options: Options = _NONE

    @property
    def kind(self) -> str:
        """The method of an environment that makes one."""
        return "secret"


class ScheduleSpec(NamedTuple):
    """When a deployed pipeline starts: five fields of cron, in a time zone.

    ``overlap`` says what happens while an earlier run goes on: ``skip`` or ``allow``.
    """

    name: str
    cron: str
    timezone: str = "UTC"
    overlap: str = "skip"
    options: Options = _NONE

    @property
    def kind(self) -> str:
        """The method of an environment that makes one."""
        return "schedule"


Spec = Union[ObjectStorageSpec, ServerlessSpec, DatabaseSpec, SecretSpec, ScheduleSpec]

_ENGINES = ("postgres",)


class _Problem(NamedTuple):
    option: str
    found: object
    mend: str


def refuse_unknown(where: str, unknown: Iterable[str], known: Iterable[str]) -> None:
    """Raise :class:`~glacier.core.errors.UnknownOption` for the first option that is none."""
    for option in unknown:
        mend = "What only one provider knows goes in options={…}."
        raise UnknownOption(where=where, option=option, known=known, mend=mend)


def checked(spec: Spec, where: str) -> Spec:
    """The same spec, of which nothing can be changed any more.

    Raises :class:`~glacier.core.errors.InvalidOption`.
    """
    problem = _common(spec)
    if problem is None:
        if isinstance(spec, ObjectStorageSpec):
            problem = _object_storage(spec)
        elif isinstance(spec, ServerlessSpec):
            problem = _serverless(spec)
        elif isinstance(spec, DatabaseSpec):
            problem = _database(spec)
        elif isinstance(spec, ScheduleSpec):
            check_schedule(spec.cron, spec.timezone, spec.overlap, where=where)
    if problem is not None:
        raise InvalidOption(
            where=where, option=problem.option, found=problem.found, mend=problem.mend
        )
    frozen = spec._replace(options=MappingProxyType(dict(spec.options)))
    if isinstance(frozen, ServerlessSpec):
        frozen = frozen._replace(
            code=_path(frozen.code),
            timeout=seconds_of(frozen.timeout),
            env=MappingProxyType(dict(frozen.env)),
        )
    return frozen


def _common(spec: Spec) -> Optional[_Problem]:
    mend = "Give a mapping from the names of the provider's own arguments to their values."
    return None if _is_mapping(spec.options) else _Problem("options", spec.options, mend)


def _is_mapping(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(key, str) for key in cast("Mapping[object, object]", value)
    )


def _object_storage(spec: ObjectStorageSpec) -> Optional[_Problem]:
    _, versioning, encryption, days, _ = spec
    if type(versioning) is not bool:
        return _Problem("versioning", versioning, "Give True or False.")
    if encryption is not None and not _is_text(encryption):
        mend = "It is always encrypted; give the id of a key of yours, or leave it out."
        return _Problem("encryption", encryption, mend)
    if days is not None and not _is_count(days):
        return _Problem("lifecycle_days", days, "Give a whole number of days from 1.")
    return None


def _serverless(spec: ServerlessSpec) -> Optional[_Problem]:
    handler, code = cast("object", spec.handler), cast("object", spec.code)
    if not isinstance(handler, str) or not all(one.isidentifier() for one in handler.split(".")):
        return _Problem("handler", handler, "Give 'module.function', such as 'index.handler'.")
    if "." not in handler:
        return _Problem("handler", handler, f"Name its module too: 'index.{handler}'.")
    if code is not ... and not isinstance(code, str) and not hasattr(code, "__fspath__"):
        return _Problem("code", code, "Give the path of a file or folder, or ... for none yet.")
    if not _is_count(spec.memory):
        return _Problem("memory", spec.memory, "Give a whole number of MiB, such as 1024.")
    if not seconds_of(spec.timeout) > 0:
        mend = "Give a number of seconds above zero, or a timedelta."
        return _Problem("timeout", spec.timeout, mend)
    if not _is_text_mapping(spec.env):
        return _Problem("env", spec.env, "Give a mapping from names to texts.")
    return None


def _database(spec: DatabaseSpec) -> Optional[_Problem]:
    if spec.engine not in _ENGINES:
        return _Problem("engine", spec.engine, "Every provider has 'postgres'.")
    if not _is_text(spec.size):
        return _Problem("size", spec.size, "Give 'small', 'medium' or 'large'.")
    return None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 1


def _is_text_mapping(value: object) -> bool:
    return _is_mapping(value) and all(
        isinstance(one, str) for one in cast("Mapping[str, object]", value).values()
    )


def _path(code: object) -> Optional[str]:
    return None if code is ... else os.fspath(cast("str", code))
