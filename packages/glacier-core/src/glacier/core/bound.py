"""A pipeline as it runs in one environment, for any executor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict, Mapping, Optional, cast

from glacier.core.contracts import Launch
from glacier.core.dataset import Dataset
from glacier.core.loading import end_here
from glacier.core.pipeline import Pipeline

if TYPE_CHECKING:
    from glacier.core.contracts import Inputs, Keep
    from glacier.core.select import Selection

__all__ = ["BoundPipeline"]


class BoundPipeline:
    """What an executor needs of a pipeline, with the storages and defaults of an environment.

    ``placed`` gives a dataset as it is kept there.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        *,
        params: Mapping[str, Any],
        placed: Callable[[Dataset], Dataset],
    ) -> None:
        self.pipeline = pipeline
        self.params = params
        self._placed = placed

    @property
    def name(self) -> str:
        """The name of the pipeline."""
        return self.pipeline.name

    def prepare(
        self,
        *,
        params: Optional[Mapping[str, Any]] = None,
        inputs: Optional[Inputs] = None,
        select: Optional[Selection] = None,
        keep: Keep = (),
    ) -> Launch:
        """As :meth:`~glacier.core.Pipeline.prepare`; what ``params`` has goes before defaults."""
        end_here(self.pipeline)
        told = cast("object", params)
        if told is None or isinstance(told, Mapping):  # a wrong one is reported below
            params = self._with_defaults(params or {}, inputs)
        launch = self.pipeline.prepare(params=params, inputs=inputs, select=select, keep=keep)
        if launch.whole is None:
            return launch
        datasets = {name: self._placed(one) for name, one in launch.whole.datasets.items()}
        return launch._replace(whole=launch.whole._replace(datasets=datasets))

    def _with_defaults(
        self, params: Mapping[str, Any], inputs: Optional[Inputs]
    ) -> Mapping[str, Any]:
        """The parameters, and those of the environment that the pipeline has too."""
        if not self.params:
            return params
        from glacier.core.parameters import parameter_names

        told = cast("object", inputs)
        given = () if inputs is None or not isinstance(told, Mapping) else inputs
        known = parameter_names(self.pipeline.graph(inputs=given))
        defaults: Dict[str, Any] = {
            key: value
            for key, value in self.params.items()
            if key in known and key.rpartition(".")[2] not in params
        }
        return {**defaults, **params}

    def __repr__(self) -> str:
        return f"<{self.pipeline!r} in an environment>"
