"""What may begin, and which of it does first."""

from __future__ import annotations

from typing import Any, List, Sequence

from glacier.core.step import Step

__all__ = ["stack_for"]


def stack_for(steps: Sequence[Step]) -> List[Any]:
    """A stack of what may begin, steps by their numbers: the last that came is the first to go,
    among those of the highest priority where a step has one."""
    if any(step.priority for step in steps):
        return _Preferring(steps)
    return []


class _Preferring(List[Any]):
    """Looks through all that it holds, which is mostly little."""

    def __init__(self, steps: Sequence[Step]) -> None:
        super().__init__()
        self._steps = steps

    def pop(self, index: Any = -1) -> Any:
        """Take out the next one to go."""
        return super().pop(max(range(len(self)), key=self._rank))

    def _rank(self, place: int) -> Any:
        entry = self[place]
        step = self._steps[entry] if isinstance(entry, int) else entry.call.step
        return step.priority, place
