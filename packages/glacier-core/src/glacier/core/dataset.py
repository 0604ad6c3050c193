"""Datasets: the named data that flows between tasks, and that annotations refer to."""

from __future__ import annotations

import os
from itertools import count
from typing import (
    TYPE_CHECKING,
    Any,
    Iterable,
    Mapping,
    NamedTuple,
    NoReturn,
    Optional,
    Tuple,
    Union,
    cast,
)

from glacier.core.errors import InvalidOption, NotCallable
from glacier.core.names import check_name
from glacier.core.place import Place, caller, place_of
from glacier.core.resources import Database, External, ObjectStorage, Storage

if TYPE_CHECKING:
    from glacier.core.resource import Native, Resource

    Kept = Union[Storage, Resource, Native]

__all__ = ["Dataset", "Each", "Either", "Keeping", "dataset_in", "moved"]

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


class Keeping(NamedTuple):
    """How a dataset is kept beyond the run: where, in which format, and what comes of old versions.

    ``publish`` is an address that the newest version is copied to; ``retain`` how many versions
    stay. ``storage`` is where it is while the pipeline runs on this machine; what stands behind
    that in a cloud is the dataset's ``resource``.
    """

    storage: Optional[Storage] = None
    format: Optional[str] = None
    publish: Optional[str] = None
    retain: Optional[int] = None


_IN_MEMORY = Keeping()
_MEANT = {
    "environment": "Give a storage of it: env.object_storage('name').",
    "provider": "Make an environment with it, and give a storage of that: "
    "Environment(provider).object_storage('name').",
}


class Dataset(_Reference):
    """A named piece of data: annotate a parameter with it to read it, a return to produce it.

    ``name`` is 1 to 128 ASCII letters, digits, ``_``, ``-`` and ``.``, and never a path. With a
    ``storage`` it is kept beyond the run, as a version of its own for each run: in ``format`` (by
    default one that suits the value), with the last ``retain`` versions (10) kept, and the newest
    one copied to the file or folder ``publish``. Without one it lives in memory.
    ``storage`` may also be a resource of an environment, ``env.object_storage("lake")``, or one of
    Pulumi's own, ``aws.s3.Bucket("lake")``.
    ``description`` and ``metadata`` are for people and catalogues; Glacier does not read them.
    Frozen; two datasets are equal only if they are the same object. Raises
    :class:`~glacier.core.errors.InvalidName` and :class:`~glacier.core.errors.InvalidOption`.
    """

    __slots__ = ("_metadata", "description", "keeping", "name", "place", "resource", "serial")

    _metadata: Optional[Mapping[str, Any]]
    keeping: Keeping
    name: str
    description: Optional[str]
    place: Place
    resource: Optional[Resource]
    serial: int

    def __init__(
        self,
        name: str,
        *,
        storage: Optional[Kept] = None,
        format: Optional[str] = None,
        publish: Union[str, os.PathLike[str], None] = None,
        retain: Optional[int] = None,
        description: Optional[str] = None,
        metadata: Optional[Mapping[str, Any]] = None,
    ) -> None:
        place = place_of(caller())
        _set(self, "place", place)
        _set(self, "name", check_name(name, kind="dataset", where=place))
        keeping, resource = _IN_MEMORY, None
        if not (storage is None and format is None and publish is None and retain is None):
            where = f"dataset {name!r} ({place})"
            plain, resource = _placed(storage, where, place)
            keeping = _keeping(where, plain, format, publish, retain)
        _set(self, "keeping", keeping)
        _set(self, "resource", resource)
        _set(self, "description", description)
        _set(self, "_metadata", dict(metadata) if metadata else None)
        _set(self, "serial", next(_serial))

    def __setattr__(self, attribute: str, _: object) -> NoReturn:
        raise AttributeError(f"{self!r} is frozen: {attribute!r} cannot be set")

    def __getstate__(self) -> Tuple[None, Mapping[str, Any]]:
        # What stands behind it in a cloud belongs to this process.
        state = {slot: getattr(self, slot) for slot in Dataset.__slots__}
        return None, {**state, "resource": None}

    def __setstate__(self, state: Tuple[None, Mapping[str, Any]]) -> None:
        for attribute, value in state[1].items():
            _set(self, attribute, value)

    @property
    def storage(self) -> Optional[Storage]:
        """Where it is kept; ``None`` for memory alone."""
        return self.keeping.storage

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What was given as such."""
        return {} if self._metadata is None else self._metadata

    @property
    def each(self) -> Each:
        """This dataset, one item at a time: the task runs once per item."""
        return Each(self)

    def __repr__(self) -> str:
        return f"Dataset({self.name!r})"


def moved(dataset: Dataset, storage: Optional[Kept], *, where: str, place: Place) -> Dataset:
    """The same dataset as it is kept elsewhere, or in memory alone; for plans, never for edges.

    Raises :class:`~glacier.core.errors.DefinitionError` for what cannot keep it.
    """
    plain, resource = _placed(storage, where, place)
    _, form, publish, retain = dataset.keeping
    keeping = _keeping(where, plain, form, publish, retain)
    copy = object.__new__(Dataset)
    for slot in Dataset.__slots__:
        _set(copy, slot, getattr(dataset, slot))
    _set(copy, "keeping", keeping)
    _set(copy, "resource", resource)
    return copy


def _placed(storage: object, where: str, place: Place) -> Tuple[object, Optional[Resource]]:
    """What a dataset is kept on while it runs here, and the resource that this stands for."""
    if storage is None or isinstance(storage, (ObjectStorage, Database, External)):
        return storage, None
    from glacier.core.adoption import adopt
    from glacier.core.resource import Resource

    found = storage if isinstance(storage, Resource) else None
    resource = found or adopt(storage, where=where, place=place)
    if resource is None:
        return storage, None  # what it is not, is told with the other options
    return resource.storage(where), resource


def _keeping(
    where: str, storage: object, named: object, publish: object, retain: object
) -> Keeping:
    if storage is not None and not isinstance(storage, (ObjectStorage, Database, External)):
        mend = _MEANT.get(getattr(storage, "__glacier__", ""), "") or (
            "Give ObjectStorage('name'), Database('name') or External('address')."
        )
        raise InvalidOption(where=where, option="storage", found=storage, mend=mend)
    if named is not None and not isinstance(named, str):
        mend = "Give the name of a format, such as 'parquet'."
        raise InvalidOption(where=where, option="format", found=named, mend=mend)
    if retain is not None and (type(retain) is not int or retain < 1):
        mend = "Give how many versions to keep, a whole number from 1."
        raise InvalidOption(where=where, option="retain", found=retain, mend=mend)
    address = os.fspath(cast("str", publish)) if _is_path(publish) else None
    if publish is not None and address is None:
        mend = "Give the path of a file or folder, or a table: 'sqlite:///shop.db#orders'."
        raise InvalidOption(where=where, option="publish", found=publish, mend=mend)
    if isinstance(storage, External) and (publish is not None or retain is not None):
        option, found = ("publish", publish) if publish is not None else ("retain", retain)
        mend = "External data is only read; drop it, or use ObjectStorage."
        raise InvalidOption(where=where, option=option, found=found, mend=mend)
    if isinstance(storage, Database):
        for option, found in (("format", named), ("publish", publish), ("retain", retain)):
            if found is not None:
                mend = "A table of a database has none of that: it is what was written last."
                raise InvalidOption(where=where, option=option, found=found, mend=mend)
    return Keeping(storage, named, address, retain)


def _is_path(value: object) -> bool:
    return isinstance(value, str) or hasattr(value, "__fspath__")


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
