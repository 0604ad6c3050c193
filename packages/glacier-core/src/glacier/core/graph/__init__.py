"""The graph that the annotations of a pipeline's tasks imply.

``structure`` is the graph itself, ``inference`` finds it and everything that is wrong with it,
with ``agreement`` for what two tasks must agree on and ``cycles`` for tasks that wait for each
other.
"""

from __future__ import annotations

from glacier.core.graph.agreement import is_stream
from glacier.core.graph.inference import infer
from glacier.core.graph.structure import AnyTask, Graph, reads

__all__ = ["AnyTask", "Graph", "infer", "is_stream", "reads"]
