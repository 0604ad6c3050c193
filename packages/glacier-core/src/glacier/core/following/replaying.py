"""A task of a deployed run again, on this machine, on what it was given there."""

from __future__ import annotations

from glacier.core.contracts import TaskCall
from glacier.core.following.deployment import DeployedPipeline
from glacier.core.graph import Graph
from glacier.core.pipeline import Pipeline
from glacier.core.replay import Past, replay_call

__all__ = ["deployed_call"]


def deployed_call(
    deployed: DeployedPipeline, pipeline: Pipeline, run: str, task: str, *, item: int = 0
) -> TaskCall:
    """The call of a task as it was in a deployed run; nothing is written by it.

    Raises :class:`~glacier.core.following.errors.NoSuchRun`, and as
    :func:`~glacier.core.replay.replay_call` does.
    """
    past = Past(run, {}, deployed.states(run))
    here = _Placed(pipeline, deployed)
    return replay_call(here, task, past, deployed.shelves.places, item=item, private=False)


class _Placed:
    """A pipeline with its datasets where they are deployed."""

    def __init__(self, pipeline: Pipeline, deployed: DeployedPipeline) -> None:
        self.pipeline = pipeline
        self.deployed = deployed

    @property
    def name(self) -> str:
        return self.pipeline.name

    def graph(self) -> Graph:
        graph, shelves = self.pipeline.graph(), self.deployed.shelves
        return graph._replace(datasets={name: shelves.placed(name) for name in graph.datasets})
