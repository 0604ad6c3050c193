"""Frozen descriptions of what a pipeline uses besides its data."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Iterable, NoReturn, Optional, Tuple, Type, Union, cast

from glacier.core.durations import seconds_of
from glacier.core.errors import InvalidOption, NotCallable
from glacier.core.names import check_name
from glacier.core.place import Place, caller, place_of

if TYPE_CHECKING:
    from datetime import timedelta  # to import it takes longer than this module

__all__ = ["Database", "External", "ObjectStorage", "Permission", "Secret", "Serverless", "Storage"]


# By hand: importing dataclasses would take longer than all of glacier.core.
class _Frozen:
    """Equal and hashed by its fields, which are its slots; nothing in it can be set."""

    __slots__: Tuple[str, ...] = ()

    def __setattr__(self, attribute: str, _: object) -> NoReturn:
        raise AttributeError(f"{self!r} is frozen: {attribute!r} cannot be set")

    @property
    def _fields(self) -> Tuple[Any, ...]:
        return tuple([getattr(self, slot) for slot in self.__slots__])

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and getattr(other, "_fields", None) == self._fields

    def __hash__(self) -> int:
        return hash((type(self), self._fields))

    def __reduce__(self) -> Tuple[object, ...]:
        return _rebuilt, (type(self), self._fields)

    def __repr__(self) -> str:
        first, *rest = self._fields
        named = zip(self.__slots__[1:], rest)
        shown = [repr(first), *[f"{key}={value!r}" for key, value in named if value is not None]]
        return f"{type(self).__name__}({', '.join(shown)})"


def _rebuilt(kind: Type[_Frozen], fields: Tuple[Any, ...]) -> _Frozen:
    made = object.__new__(kind)
    for slot, value in zip(kind.__slots__, fields):
        object.__setattr__(made, slot, value)
    return made


class Secret(_Frozen):
    """A secret that a task reads: ``key: Annotated[str, Secret("crm-key")]``.

    Only the name is ever declared, planned or logged. A run in this process takes the value from
    the environment variable :attr:`variable`, just before the call.
    """

    __slots__ = ("name",)

    name: str

    def __init__(self, name: str) -> None:
        where = place_of(caller())
        object.__setattr__(self, "name", check_name(name, kind="secret", where=where))

    @property
    def variable(self) -> str:
        """The environment variable of a local run: ``GLACIER_SECRET_CRM_KEY`` for ``crm-key``."""
        return "GLACIER_SECRET_" + "".join(
            letter if letter.isalnum() else "_" for letter in self.name.upper()
        )

    # Typing forms of Python 3.10 and older accept only what can be called.
    def __call__(self, *_: object, **__: object) -> object:
        raise NotCallable(
            found=self,
            mend="In a task its value is the parameter that is annotated with it.",
        )


class Serverless(_Frozen):
    """How large the machine of a task is where it has one of its own: ``compute=Serverless(…)``.

    ``memory`` is in MiB, ``cpu`` in processors (``0.5`` is half of one), ``timeout`` in seconds or
    a ``timedelta``, kept in seconds; ``None`` is what the provider gives. A run on this machine
    ignores it.
    """

    __slots__ = ("cpu", "memory", "timeout")

    cpu: Optional[float]
    memory: Optional[int]
    timeout: Optional[float]

    def __init__(
        self,
        *,
        cpu: Optional[float] = None,
        memory: Optional[int] = None,
        timeout: Union[float, timedelta, None] = None,
    ) -> None:
        where = f"Serverless ({place_of(caller())})"
        if memory is not None and (type(memory) is not int or memory < 1):
            mend = "Give a whole number of MiB, such as memory=1024."
            raise InvalidOption(where=where, option="memory", found=memory, mend=mend)
        if cpu is not None and not (type(cpu) in (int, float) and 0 < cpu < float("inf")):
            mend = "Give a number of processors, such as cpu=2."
            raise InvalidOption(where=where, option="cpu", found=cpu, mend=mend)
        seconds = None if timeout is None else seconds_of(timeout)
        if seconds is not None and not seconds > 0:
            mend = "Give a number of seconds above zero, or a timedelta."
            raise InvalidOption(where=where, option="timeout", found=timeout, mend=mend)
        object.__setattr__(self, "cpu", cpu)
        object.__setattr__(self, "memory", memory)
        object.__setattr__(self, "timeout", seconds)

    def __repr__(self) -> str:
        told = [f"{name}={value!r}" for name, value in zip(self.__slots__, self._fields)]
        return f"Serverless({', '.join(one for one in told if not one.endswith('=None'))})"


class Permission(_Frozen):
    """What a deployed task may do besides what its annotations say: ``permissions=[…]`` of a task.

    ``actions`` and ``resources`` are in the words of the cloud, one or several, and each action is
    allowed on each resource: ``Permission("dynamodb:GetItem", "arn:aws:dynamodb:…:table/rates")``.
    A run on this machine ignores it.
    """

    __slots__ = ("actions", "resources")

    actions: Tuple[str, ...]
    resources: Tuple[str, ...]

    def __init__(
        self, actions: Union[str, Iterable[str]], resources: Union[str, Iterable[str]]
    ) -> None:
        where = f"Permission ({place_of(caller())})"
        object.__setattr__(self, "actions", _texts("actions", actions, where))
        object.__setattr__(self, "resources", _texts("resources", resources, where))

    def __repr__(self) -> str:
        return f"Permission({_shown(self.actions)}, {_shown(self.resources)})"


class ObjectStorage(_Frozen):
    """Files under keys, in which datasets are kept as versions: ``storage=ObjectStorage("lake")``.

    On this machine it is the folder ``.glacier/storage/<name>``. ``url`` says where it really is,
    ``s3://bucket/prefix`` or ``file:///data/lake``, for runs with ``storage="declared"``; what
    opens it are the credentials of whoever runs the pipeline. ``name`` follows the rule for dataset
    names.
    """

    __slots__ = ("name", "url")

    name: str
    url: Optional[str]

    def __init__(self, name: str, *, url: Optional[str] = None) -> None:
        where = place_of(caller())
        object.__setattr__(self, "name", check_name(name, kind="object storage", where=where))
        if url is not None and not _is_place(url):
            mend = "Give an address such as 's3://bucket/prefix', without password or query."
            raise InvalidOption(where=_of(self, where), option="url", found=url, mend=mend)
        object.__setattr__(self, "url", None if url is None else url.rstrip("/"))


class Database(_Frozen):
    """A database in which each dataset is a table: ``storage=Database("warehouse")``.

    Without a ``url`` it is, on this machine, the SQLite file ``.glacier/storage/<name>.db``.
    ``url`` is ``sqlite:///path``, ``postgresql://user@host:port/database`` or one of SQLAlchemy's
    for any other, ``mysql+pymysql://user@host/database``; a password in it is never shown. It may
    be a :class:`Secret` that holds the whole address. ``name`` follows the rule for dataset names.
    """

    __slots__ = ("name", "url")

    name: str
    url: Union[str, Secret, None]

    def __init__(self, name: str, *, url: Union[str, Secret, None] = None) -> None:
        where = place_of(caller())
        object.__setattr__(self, "name", check_name(name, kind="database", where=where))
        is_address = isinstance(url, str) and "://" in url
        if url is not None and not isinstance(url, Secret) and not is_address:
            mend = "Give an address such as 'postgresql://user@host/database', or a Secret."
            raise InvalidOption(where=_of(self, where), option="url", found=url, mend=mend)
        object.__setattr__(self, "url", url)

    def __repr__(self) -> str:
        return f"Database({self.name!r})"  # an address may hold a password


class External(_Frozen):
    """Data under somebody else's keys, which Glacier reads and never writes.

    ``address`` is a file, a folder, a pattern such as ``landing/*.json.gz``, an ``http(s)`` URL, or
    a table or query of a database: ``postgresql://host/shop#orders``. ``format`` is told by its
    ending where it is not given. ``version`` says which state it is in; by default that is a hash
    of the contents, or what the server says.
    """

    __slots__ = ("address", "format", "version")

    address: str
    format: Optional[str]
    version: Optional[str]

    def __init__(
        self,
        address: Union[str, os.PathLike[str]],
        *,
        format: Optional[str] = None,
        version: Optional[str] = None,
    ) -> None:
        text: object = os.fspath(address) if hasattr(address, "__fspath__") else address
        if not isinstance(text, str) or not text:
            where = str(place_of(caller()))
            mend = "Give a path, a pattern of paths, or a URL, as text."
            raise InvalidOption(where=where, option="address", found=address, mend=mend)
        object.__setattr__(self, "address", text)
        object.__setattr__(self, "format", format)
        object.__setattr__(self, "version", version)

    def __repr__(self) -> str:
        scheme, mark, rest = self.address.partition("://")
        user, at, host = rest.partition("@")
        if not at or "/" in user:
            return f"External({self.address!r})"
        return f"External({f'{scheme}{mark}***@{host}'!r})"


def _is_place(url: object) -> bool:
    scheme, mark, rest = url.partition("://") if isinstance(url, str) else ("", "", "")
    return bool(scheme and mark and rest.strip("/")) and not any(one in rest for one in "?#*")


def _texts(option: str, given: object, where: str) -> Tuple[str, ...]:
    """One text or several, each once."""
    several = [given] if isinstance(given, str) or not hasattr(given, "__iter__") else given
    found = tuple(dict.fromkeys(cast("Iterable[object]", several)))
    if found and all(isinstance(one, str) and one and not set(one) & _BLANK for one in found):
        return cast("Tuple[str, ...]", found)
    example = "'dynamodb:GetItem'" if option == "actions" else "'arn:aws:dynamodb:…:table/rates'"
    mend = f"Give one or several in the words of the cloud, without blanks, such as {example}."
    raise InvalidOption(where=where, option=option, found=given, mend=mend)


def _shown(texts: Tuple[str, ...]) -> str:
    return repr(texts[0] if len(texts) == 1 else texts)


_BLANK = frozenset(" \t\r\n")

Storage = Union[ObjectStorage, Database, External]


def _of(resource: _Frozen, where: Place) -> str:
    return f"{type(resource).__name__}({getattr(resource, 'name', '')!r}) ({where})"
