"""The grants of a pipeline, with what stands behind each dataset's storage."""

from __future__ import annotations

from typing import List, Optional

from glacier.core.dataset import Dataset
from glacier.core.grants import Grant, grants_of
from glacier.core.graph import Graph
from glacier.core.plan import Plan

__all__ = ["permissions", "place_of_data"]


def permissions(plan: Plan, graph: Graph) -> List[Grant]:
    """Who may do what; the datasets of ``graph`` are those of the environment."""
    return grants_of(plan, graph.datasets, place=place_of_data)


def place_of_data(dataset: Dataset) -> Optional[str]:
    """Where a dataset is kept, in words; ``None`` for one without a storage."""
    resource, storage = dataset.resource, dataset.keeping.storage
    if resource is not None:
        return f"{resource.token or resource.kind} {resource.name}"
    return None if storage is None else repr(storage)
