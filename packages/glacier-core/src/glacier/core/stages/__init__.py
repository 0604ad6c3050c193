"""The steps of a plan as nested sequences and parallels, for platforms that know nothing else.

Such a nesting can say an order exactly if, and only if, it is series-parallel: if nowhere in it
``c`` waits for ``a`` and ``b``, and ``d`` for ``b`` alone. What else there is between them does not
matter, nor do edges that others imply. In all other graphs steps must wait that need not; each
place where they do is a :class:`Barrier`.

``tree`` is the result and how it is put together, ``network`` what it is made from, ``contraction``
merges what is a sequence or a parallel, ``transitive`` drops edges that others imply. Where nothing
is left to merge, ``hanging`` takes off what can be nested by itself, and ``cuts`` finds the
cheapest place for a barrier.
"""

from __future__ import annotations

from glacier.core.stages.staging import stages_of
from glacier.core.stages.tree import Barrier, Node, Parallel, Serial, Stages

__all__ = ["Barrier", "Node", "Parallel", "Serial", "Stages", "stages_of"]
