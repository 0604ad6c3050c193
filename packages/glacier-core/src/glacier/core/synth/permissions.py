"""The grants of a pipeline, with what stands behind each dataset's storage."""

from __future__ import annotations

from typing import List

from glacier.core.addresses import place_of_data
from glacier.core.grants import Grant, grants_of
from glacier.core.graph import Graph
from glacier.core.plan import Plan

__all__ = ["permissions"]


def permissions(plan: Plan, graph: Graph) -> List[Grant]:
    """Who may do what; the datasets of ``graph`` are those of the environment."""
    return grants_of(plan, graph.datasets, place=place_of_data)
