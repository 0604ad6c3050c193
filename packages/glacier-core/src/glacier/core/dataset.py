"""Datasets: the named data that flows between tasks, and that annotations refer to."""

from __future__ import annotations

from itertools import count
from typing import Any, Mapping, NoReturn, Optional, Tuple

from glacier.core.errors import DefinitionError
from glacier.core.names import check_name
from glacier.core.place import Place, caller, place_of

__all__ = ["Dataset", "Each", "Either"]

_serial = count()


class Either:
    """``raw | None`` and other unions with a dataset in them, before their meaning is read."""

    __slots__ = ("members",)

    def __init__(self, *members: object) -> None:
        self.members: Tuple[object, ...] = tuple(
            inner
            for member in members
            for inner in (member.members if isinstance(member, Either) else (member,))
        )

    def __or__(self, other: object) -> Either:
        return Either(self, other)

    def __ror__(self, other: object) -> Either:
        return Either(other, self)

    def __call__(self, *_: object, **__: object) -> NoReturn:
        raise DefinitionError(f"{self!r} is an annotation; it cannot be called.")

    def __repr__(self) -> str:
        return " | ".join(map(repr, self.members))


class _Reference:
    """What may stand in an annotation: unions are allowed, calls are not.

    The typing forms of Python 3.10 and older accept only what can be called.
    """

    __slots__ = ()

    def __or__(self, other: object) -> Either:
        return Either(self, other)

    def __ror__(self, other: object) -> Either:
        return Either(other, self)

    def __call__(self, *_: object, **__: object) -> NoReturn:
        raise DefinitionError(
            f"{self!r} is not a function. In a task, its value is the parameter that is annotated "
            "with it; after a run, it is run[dataset]."
        )


class Dataset(_Reference):
    """A named piece of data: annotate a parameter with it to read it, a return to produce it.

    ``name`` is 1 to 128 ASCII letters, digits, ``_``, ``-`` and ``.``, and never a path.
    ``description`` and ``metadata`` are for people and catalogues; Glacier does not read them.
    Two datasets are equal only if they are the same object. Raises
    :class:`~glacier.core.errors.InvalidName`.
    """

    __slots__ = ("description", "metadata", "name", "place", "serial")

    name: str
    description: Optional[str]
    metadata: Mapping[str, Any]
    place: Place
    serial: int

    def __init__(
        self,
        name: str,
        *,
        description: Optional[str] = None,
        metadata: Optional[Mapping[str, Any]] = None,
    ) -> None:
        self.place = place_of(caller())
        self.name = check_name(name, kind="dataset", where=self.place)
        self.description = description
        self.metadata = dict(metadata) if metadata else _NO_METADATA
        self.serial = next(_serial)

    @property
    def each(self) -> Each:
        """This dataset, one item at a time: the task runs once per item."""
        return Each(self)

    def __repr__(self) -> str:
        return f"Dataset({self.name!r})"


class Each(_Reference):
    """``raw.each``: the items of a dataset, one call of the task for each."""

    __slots__ = ("dataset",)

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Each) and other.dataset is self.dataset

    def __hash__(self) -> int:
        return hash((Each, id(self.dataset)))

    def __repr__(self) -> str:
        return f"{self.dataset!r}.each"


_NO_METADATA: Mapping[str, Any] = {}
