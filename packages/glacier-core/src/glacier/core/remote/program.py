"""The user's pipeline in this process: its file is executed once, when it is first needed."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional

from glacier.core.dataset import Dataset
from glacier.core.errors import LoadError, UnknownName
from glacier.core.loader import Loaded, load, split_target
from glacier.core.plan import Plan, make_plan
from glacier.core.remote.bindings import BoundPlaces
from glacier.core.remote.deployed import Deployed
from glacier.core.remote.records import Begun, begin_key
from glacier.core.step import Step
from glacier.core.storage.places import declared_shelf, kept_shelf, own_shelf

if TYPE_CHECKING:
    from glacier.core.graph import AnyTask, Graph
    from glacier.core.pipeline import Pipeline
    from glacier.core.storage.shelf import Shelf, WritableShelf

__all__ = ["Program"]

_REMEMBERED = 4  # runs, of which a process that stays sees several


class Program:
    """A deployed pipeline.

    ``root`` is the folder of its bundle, ``most_items`` how many of a mapped task the platform goes
    through at most, ``None`` for any number. What the user's file raises is raised whenever
    something of it is asked for.
    """

    def __init__(
        self,
        deployed: Deployed,
        places: BoundPlaces,
        *,
        root: str,
        most_items: Optional[int] = None,
    ) -> None:
        self.deployed = deployed
        self.places = places
        self.root = root
        self.most_items = most_items
        self._begun: Dict[str, Begun] = {}

    # --- what the user's file declares ------------------------------------------------------------

    @cached_property
    def loaded(self) -> Loaded:
        """The user's file, executed up to its first ``execute``."""
        file, _ = split_target(self.deployed.target)
        return load(os.path.join(self.root, file))

    @cached_property
    def pipeline(self) -> Pipeline:
        """The pipeline that is deployed."""
        _, name = split_target(self.deployed.target)
        return self.loaded.choose(name or self.deployed.pipeline)

    @cached_property
    def environment(self) -> Optional[Any]:
        """The environment that it is deployed in, ``None`` for none."""
        name = self.deployed.environment
        if not name:
            return None
        found: List[Any] = [
            value
            for value in vars(self.loaded.module).values()
            if getattr(value, "__glacier__", None) == "environment" and not isinstance(value, type)
        ]
        for value in found:
            if value.name == name:
                return value
        raise LoadError(
            target=self.deployed.target,
            reason=f"it has no environment {name!r} at its top level",
            mend="Declare it there, in a variable of the module, and deploy again.",
        )

    @cached_property
    def graph(self) -> Graph:
        """The graph of all its tasks."""
        return self.pipeline.graph()

    @cached_property
    def plan(self) -> Plan:
        """The plan of all its tasks, by whose numbers the state machine knows them."""
        return make_plan(self.graph)

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The numbers of the steps, by task."""
        return {step.task: number for number, step in enumerate(self.plan.steps)}

    def number(self, task: str) -> int:
        """The number of a task. Raises :class:`~glacier.core.errors.UnknownName`."""
        if task not in self.numbers:
            where = f"the deployed pipeline {self.deployed.pipeline!r}"
            raise UnknownName(kind="task", name=task, known=self.numbers, where=where)
        return self.numbers[task]

    def step(self, task: str) -> Step:
        """The step of a task."""
        return self.plan.steps[self.number(task)]

    def declared(self, task: str) -> AnyTask:
        """A task as it is declared."""
        return self.graph.tasks[self.graph.order[self.number(task)]]

    @cached_property
    def conditions(self) -> Mapping[str, None]:
        """The datasets that decide whether tasks run."""
        return {step.when: None for step in self.plan.steps if step.when is not None}

    @cached_property
    def producers(self) -> Mapping[str, int]:
        """The numbers of the steps that make datasets, by name."""
        return {name: n for n, step in enumerate(self.plan.steps) for name in step.outputs}

    # --- where its datasets are -------------------------------------------------------------------

    def placed(self, dataset: Dataset) -> Dataset:
        """A dataset as it is kept here."""
        here = dataset if self.environment is None else self.environment.placed(dataset)
        return self.places.bindings.placed(here)

    def made(self, name: str, places: Optional[BoundPlaces] = None) -> WritableShelf:
        """The shelf of a dataset that a run makes: each has one."""
        dataset, places = self.placed(self.graph.datasets[name]), places or self.places
        kept = kept_shelf(dataset, pipeline=self.pipeline.name, places=places)
        return kept if kept is not None else self._own(dataset, places)

    def read(self, name: str, places: Optional[BoundPlaces] = None) -> Shelf:
        """The shelf of a dataset that a run reads, and has not made."""
        dataset, places = self.placed(self.graph.datasets[name]), places or self.places
        declared = declared_shelf(dataset, pipeline=self.pipeline.name, places=places)
        return declared if declared is not None else self._own(dataset, places)

    def _own(self, dataset: Dataset, places: BoundPlaces) -> WritableShelf:
        return own_shelf(
            dataset.name,
            pipeline=self.pipeline.name,
            store=places.workspace(),
            form=dataset.keeping.format,
            private=False,
        )

    # --- its runs ---------------------------------------------------------------------------------

    def begun(self, run: str) -> Begun:
        """What is known of a run since it began.

        Raises :class:`~glacier.core.errors.KeyMissing` for one that never did.
        """
        if run not in self._begun:
            store, key = self.places.workspace(), begin_key(run)
            found = Begun.from_bytes(store.get(key), store.uri(key))
            if len(self._begun) >= _REMEMBERED:
                self._begun.clear()
            self._begun[run] = found
        return self._begun[run]
