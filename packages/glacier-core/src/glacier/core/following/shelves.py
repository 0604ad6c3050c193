"""Where the datasets of a deployed pipeline are, for a client of it."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from glacier.core.contracts import VersionRef
from glacier.core.dataset import Dataset
from glacier.core.errors import ValueUnavailable
from glacier.core.remote.bindings import BoundPlaces
from glacier.core.storage.places import declared_shelf, own_shelf
from glacier.core.storage.shelf import Shelf

__all__ = ["Shelves"]


class Shelves:
    """The shelf of each dataset, made when it is first asked for.

    ``datasets`` are those of the environment, by name; what lies elsewhere is told by the bindings
    of ``places``, and what has no storage is in the workspace.
    """

    def __init__(self, pipeline: str, datasets: Mapping[str, Dataset], places: BoundPlaces) -> None:
        self.pipeline = pipeline
        self.datasets = datasets
        self.places = places
        self._shelves: Dict[str, Shelf] = {}

    def placed(self, name: str) -> Dataset:
        """A dataset as it is kept there. Raises ``KeyError`` for one that is not known."""
        return self.places.bindings.placed(self.datasets[name])

    def of(self, name: str) -> Shelf:
        """The shelf of a dataset. Raises ``KeyError`` for one that the pipeline does not have."""
        if name not in self._shelves:
            dataset = self.placed(name)
            found = declared_shelf(dataset, pipeline=self.pipeline, places=self.places)
            self._shelves[name] = found or own_shelf(
                name,
                pipeline=self.pipeline,
                store=self.places.workspace(),
                form=dataset.keeping.format,
                private=False,
            )
        return self._shelves[name]

    def read(self, ref: Any) -> Any:
        """The value of a version in this process."""
        if not isinstance(ref, VersionRef) or ref.dataset not in self.datasets:
            name = str(getattr(ref, "dataset", ref))
            raise ValueUnavailable(dataset=name, reason="the pipeline here has no such dataset.")
        return self.of(ref.dataset).read(ref.version, item=ref.item)
