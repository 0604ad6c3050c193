"""The stored versions from which something was made, also by way of datasets in memory alone."""

from __future__ import annotations

from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from glacier.core.plan import Plan
from glacier.core.step import Step
from glacier.core.storage.records import Kept
from glacier.core.versions import Reference

__all__ = ["Ancestry"]


class Ancestry:
    """Looks behind the datasets of a plan; ``kept`` are those that are stored, as they become so.

    What is asked for has been made, so nothing behind it changes any more.
    """

    def __init__(self, plan: Plan, kept: Mapping[str, Kept]) -> None:
        self._plan = plan
        self._kept = kept
        self._producers: Optional[Dict[str, Step]] = None
        self._known: Dict[str, Tuple[Reference, ...]] = {}

    def behind(self, names: Sequence[str]) -> Tuple[Reference, ...]:
        """The versions of these datasets; of one in memory alone, those that it was made from."""
        for name in names:
            if name not in self._kept:
                self._trace(name)
        return self._gathered(names)

    def _trace(self, name: str) -> None:
        if self._producers is None:
            self._producers = {out: step for step in self._plan.steps for out in step.outputs}
        waiting = [name]
        while waiting:
            step = self._producers.get(waiting[-1])
            inputs = () if step is None else step.inputs
            lacking: List[str] = [
                one for one in inputs if one not in self._kept and one not in self._known
            ]
            if lacking:
                waiting += lacking
                continue
            made = waiting.pop()
            if made not in self._known:
                self._known[made] = self._gathered(inputs)

    def _gathered(self, names: Sequence[str]) -> Tuple[Reference, ...]:
        found: Dict[Reference, None] = {}
        for name in names:
            kept = self._kept.get(name)
            references = self._known[name] if kept is None else (kept.reference,)
            found.update(dict.fromkeys(references))
        return tuple(found)
