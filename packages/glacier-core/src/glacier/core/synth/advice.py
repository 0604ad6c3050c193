"""What a synthesis warns of: legal, and probably not what was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Optional, Sequence

from glacier.core.adoption import type_of
from glacier.core.annotations import UNKNOWN
from glacier.core.contracts.providers import Registered
from glacier.core.dataset import Dataset
from glacier.core.errors._base import listed
from glacier.core.formats.kinds import kind_of_type
from glacier.core.graph import Graph
from glacier.core.resources import ObjectStorage
from glacier.core.specs import ServerlessSpec
from glacier.core.synth.plain import COMPUTED
from glacier.core.typeforms import get_origin

if TYPE_CHECKING:
    from glacier.core.environment import Environment

__all__ = ["advice"]

_JSON = (bool, dict, float, int, list, str, type(None))


def advice(
    graph: Graph, rows: Sequence[Registered], *, environment: Optional[Environment]
) -> Iterator[str]:
    """Every doubt about a pipeline in an environment, as a sentence."""
    is_cloud = environment is None or environment.provider.needs_program
    for name, dataset in graph.datasets.items():
        producer = graph.producers.get(name)
        readers = [graph.tasks[one].name for one in graph.consumers.get(name, ())]
        if is_cloud and dataset.keeping.storage is None and producer is not None and readers:
            yield (
                f"dataset {name!r} has no storage and goes from {graph.tasks[producer].name!r} to "
                f"{listed(readers)}: between machines it is kept in the workspace, which expires"
            )
        if producer is not None and (is_cloud or dataset.keeping.storage is not None):
            yield from _unfit(dataset, _type_of(graph, producer, name))
    yield from _broad(graph)
    if environment is not None:
        yield from _elsewhere(graph, rows, environment)
        yield from _incomplete(graph, environment)
        for row in rows:
            mend = environment.provider.deprecated.get(type_of(row.type))
            if mend is not None:
                yield f"{row.type} {row.name!r} is deprecated: {mend}"


def _type_of(graph: Graph, producer: int, name: str) -> Any:
    for output in graph.tasks[producer].signature.outputs:
        if output.dataset.name == name:
            return output.type
    return UNKNOWN


def _unfit(dataset: Dataset, kind: Any) -> Iterator[str]:
    """Values of a type that no format is chosen for by itself."""
    if dataset.keeping.format is not None or kind is UNKNOWN:
        return
    if dataset.keeping.storage is not None and not isinstance(
        dataset.keeping.storage, ObjectStorage
    ):
        return
    plain = get_origin(kind) or kind
    if not isinstance(plain, type) or issubclass(plain, _JSON) or kind_of_type(plain) is not None:
        return
    if plain.__module__ in ("builtins", "collections.abc", "typing") and plain not in (set, tuple):
        return
    yield (
        f"dataset {dataset.name!r} has no format= and holds {plain.__name__}, which would not come "
        "back equal from JSON: give it a format, such as format='pickle'"
    )


def _broad(graph: Graph) -> Iterator[str]:
    """Permissions for anything, or for whole services on anything."""
    for task in graph.tasks:
        for one in task.permissions:
            wide = [
                action
                for action in one.actions
                if action == "*" or ("*" in action and "*" in one.resources)
            ]
            if wide:
                yield (
                    f"task {task.name!r} has a permission for {listed(wide)} on "
                    f"{listed(one.resources)}: name the actions and resources that it needs"
                )


def _elsewhere(graph: Graph, rows: Sequence[Registered], environment: Environment) -> Iterator[str]:
    """Storages in another cloud or region than the tasks."""
    here = environment.provider.location
    regions: Dict[str, str] = {
        row.name: str(row.properties[key])
        for row in rows
        for key in ("location", "region")  # the first is Azure's word
        if row.type.startswith("pulumi:providers:") and key in row.properties
    }
    for name, dataset in graph.datasets.items():
        resource = dataset.resource
        if resource is None or not resource.token:
            continue
        token = type_of(resource.token)
        if token not in environment.provider.adopts:
            cloud = token.partition(":")[0]
            yield f"dataset {name!r} is kept in {cloud}, and its tasks run in {here.cloud}"
            continue
        for row in rows:
            if row.type == resource.token and row.name == resource.name:
                region = _region_of(row) or regions.get(row.provider, here.region)
                if region.lower() != here.region and ("-" in region) == ("-" in here.region):
                    there = f"dataset {name!r} is kept in {region}"
                    yield f"{there}, and its tasks run in {here.region}"


def _region_of(row: Registered) -> str:
    """Where a resource itself says that it is. A location of another form than the region's, such
    as ``EU``, is an area of several; ``West Europe`` is one that Azure calls ``westeurope``."""
    found = row.properties.get("location", row.properties.get("region"))
    if not isinstance(found, str) or found == COMPUTED:
        return ""
    return "".join(found.lower().split()) if " " in found else found


def _incomplete(graph: Graph, environment: Environment) -> Iterator[str]:
    specs = [resource.spec for resource in environment.resources.values()]
    for spec in specs:
        if isinstance(spec, ServerlessSpec) and spec.code is None:
            yield f"serverless {spec.name!r} has no code yet (code=...)"
    declared = {spec.name for spec in specs if spec.kind == "secret"}
    wanted: Dict[str, List[str]] = {}
    for task in graph.tasks:
        for argument in task.signature.arguments:
            if argument.secret is not None and argument.secret.name not in declared:
                wanted.setdefault(argument.secret.name, []).append(task.name)
    for name, tasks in wanted.items():
        yield (
            f"secret {name!r} is read by {listed(tasks)} and not declared in environment "
            f"{environment.name!r}: env.secret({name!r})"
        )
