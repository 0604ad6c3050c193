"""The addresses of object storages that are resources: what a run opens to read and write there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, Iterator, Mapping, Optional

from glacier.core.adoption import adopter_of, native_facts, type_of
from glacier.core.dataset import Dataset, moved
from glacier.core.declared import Declared, mapping_of
from glacier.core.errors import DuplicateResource, InvalidOption, UnknownName
from glacier.core.graph.structure import reads
from glacier.core.resources import ObjectStorage

if TYPE_CHECKING:
    from glacier.core.graph.structure import AnyTask
    from glacier.core.resource import Resource

__all__ = ["addresser", "datasets_of", "place_of_data", "placing", "storages_of"]

_KIND = "object_storage"


def datasets_of(tasks: Iterable[AnyTask]) -> Iterator[Dataset]:
    """The datasets that tasks read and return; one may come more than once."""
    for task in tasks:
        yield from reads(task)
        for output in task.signature.outputs:
            yield output.dataset


def storages_of(home: Declared, datasets: Iterable[Dataset]) -> Dict[str, Resource]:
    """The object storages that an environment declares, and the raw ones that datasets are kept on,
    by ``kind/name``.

    Raises :class:`~glacier.core.errors.DuplicateResource` where two of them have the same name: the
    data of one would come into the other.
    """
    found = {key: one for key, one in home.resources.items() if one.kind == _KIND}
    for dataset in datasets:
        resource = dataset.resource
        if resource is None or resource.kind != _KIND or resource.environment is not None:
            continue
        key = _key(resource)
        other = found.setdefault(key, resource)
        if other.environment is not None or other.native is not resource.native:
            raise DuplicateResource(
                kind=_KIND,
                name=resource.name,
                environment=home.name,
                places=[str(other.place), str(resource.place)],
            )
    return found


def place_of_data(dataset: Dataset) -> Optional[str]:
    """Where a dataset is kept, in words; ``None`` for one without a storage."""
    resource, storage = dataset.resource, dataset.keeping.storage
    if resource is not None:
        return f"{resource.token or resource.kind} {resource.name}"
    return None if storage is None else repr(storage)


def addresser(home: Declared, resource: Resource, native: Any) -> Callable[[str], Optional[str]]:
    """What makes an address of the id of a native resource, ``None`` of one that has none.

    Of what an environment declares its own provider says it, of a raw resource the one that adopts
    resources of its type, whatever the environment's is.
    """
    location = home.provider.location
    if resource.environment is not None:
        facts = native_facts(native)
        token, provider = "" if facts is None else facts[0], home.provider
    else:
        token, provider = resource.token, adopter_of(resource.token)

    def address(native_id: str) -> Optional[str]:
        return provider.address_of(type_of(token), native_id, location)

    return address


def placing(
    storages: Mapping[str, Resource], addresses: object, *, where: str
) -> Callable[[Dataset], Dataset]:
    """What keeps datasets on these resources at their addresses, by ``kind/name``.

    Raises :class:`~glacier.core.errors.UnknownName` for one that is not among them, and
    :class:`~glacier.core.errors.InvalidOption` for what is no address.
    """
    found: Dict[str, ObjectStorage] = {}
    for key, address in mapping_of("addresses", addresses, where).items():
        if key not in storages:
            raise UnknownName(kind="object storage", name=key, known=storages, where=where)
        if not isinstance(address, str):
            mend = "Its values are addresses, such as 's3://bucket'."
            raise InvalidOption(where=where, option="addresses", found=address, mend=mend)
        found[key] = ObjectStorage(storages[key].name, url=address)

    def placed(dataset: Dataset) -> Dataset:
        storage = None if dataset.resource is None else found.get(_key(dataset.resource))
        if storage is None:
            return dataset
        return moved(dataset, storage, where=f"dataset {dataset.name!r}", place=dataset.place)

    return placed


def _key(resource: Resource) -> str:
    return f"{resource.kind}/{resource.name}"
