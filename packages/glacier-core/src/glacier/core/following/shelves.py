"""Where the datasets of a deployed pipeline are, for a client of it."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from glacier.core.contracts import VersionRef
from glacier.core.dataset import Dataset
from glacier.core.errors import ValueUnavailable
from glacier.core.remote.bindings import BoundPlaces
from glacier.core.storage.places import declared_shelf, kept_shelf, own_shelf
from glacier.core.storage.shelf import Shelf

__all__ = ["Shelves"]


class Shelves:
    """The shelves of the datasets, each made when it is first asked for.

    ``datasets`` are those of the environment, by name; what lies elsewhere is told by the bindings
    of ``places``, and what has no storage is in the workspace.
    """

    def __init__(self, pipeline: str, datasets: Mapping[str, Dataset], places: BoundPlaces) -> None:
        self.pipeline = pipeline
        self.datasets = datasets
        self.places = places
        self._made: Dict[str, Shelf] = {}
        self._read: Dict[str, Shelf] = {}

    def placed(self, name: str) -> Dataset:
        """A dataset as it is kept there. Raises ``KeyError`` for one that is not known."""
        return self.places.bindings.placed(self.datasets[name])

    def made(self, name: str) -> Shelf:
        """The shelf of what a run has made, or was fed with."""
        if name not in self._made:
            dataset = self.placed(name)
            found = kept_shelf(dataset, pipeline=self.pipeline, places=self.places)
            self._made[name] = found or self._own(dataset)
        return self._made[name]

    def read(self, name: str) -> Shelf:
        """The shelf of what a run has found."""
        if name not in self._read:
            dataset = self.placed(name)
            found = declared_shelf(dataset, pipeline=self.pipeline, places=self.places)
            self._read[name] = found or self._own(dataset)
        return self._read[name]

    def _own(self, dataset: Dataset) -> Shelf:
        return own_shelf(
            dataset.name,
            pipeline=self.pipeline,
            store=self.places.workspace(),
            form=dataset.keeping.format,
            private=False,
        )

    def value(self, ref: Any, run: str) -> Any:
        """The value of a version that a run has made or read, in this process."""
        if not isinstance(ref, VersionRef) or ref.dataset not in self.datasets:
            name = str(getattr(ref, "dataset", ref))
            raise ValueUnavailable(dataset=name, reason="the pipeline here has no such dataset.")
        shelf = self.made(ref.dataset) if ref.version == run else self.read(ref.dataset)
        return shelf.read(ref.version, item=ref.item)
