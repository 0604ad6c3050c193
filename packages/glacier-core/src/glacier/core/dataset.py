"""Datasets: the named data that flows between tasks, and that annotations refer to."""

from __future__ import annotations

from itertools import count
from typing import Any, Iterable, Mapping, NoReturn, Optional, Tuple

from glacier.core.errors import NotCallable
from glacier.core.names import check_name
from glacier.core.place import Place, caller, place_of

__all__ = ["Dataset", "Each", "Either", "dataset_in"]

_serial = count()
_set = object.__setattr__


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
        raise NotCallable(found=self, mend="It is an annotation.")

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
        raise NotCallable(
            found=self,
            mend="In a task its value is the parameter that is annotated with it, and after a run "
            "it is run[dataset].",
        )


class Dataset(_Reference):
    """A named piece of data: annotate a parameter with it to read it, a return to produce it.

    ``name`` is 1 to 128 ASCII letters, digits, ``_``, ``-`` and ``.``, and never a path.
    ``description`` and ``metadata`` are for people and catalogues; Glacier does not read them.
    Frozen; two datasets are equal only if they are the same object. Raises
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
        place = place_of(caller())
        _set(self, "place", place)
        _set(self, "name", check_name(name, kind="dataset", where=place))
        _set(self, "description", description)
        _set(self, "metadata", dict(metadata or ()))
        _set(self, "serial", next(_serial))

    def __setattr__(self, attribute: str, _: object) -> NoReturn:
        raise AttributeError(f"{self!r} is frozen: {attribute!r} cannot be set")

    def __setstate__(self, state: Tuple[None, Mapping[str, Any]]) -> None:
        for attribute, value in state[1].items():
            _set(self, attribute, value)

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


def dataset_in(reference: object) -> Optional[Dataset]:
    """The dataset that stands behind a reference, or ``None``.

    A reference is the dataset itself, ``raw.each``, or an alias such as
    ``Raw = Annotated[List[int], raw]``: whatever names the dataset in an annotation names it
    elsewhere too.
    """
    if isinstance(reference, Dataset):
        return reference
    if isinstance(reference, Each):
        return reference.dataset
    notes: Iterable[object] = getattr(reference, "__metadata__", ())
    return next((found for found in map(dataset_in, notes) if found is not None), None)
