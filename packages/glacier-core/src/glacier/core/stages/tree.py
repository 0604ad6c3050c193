"""Nested sequences and parallels: as they are handed out, and as they grow."""

from __future__ import annotations

from typing import Dict, Iterator, List, NamedTuple, Sequence, Tuple, Union

__all__ = ["Barrier", "Forest", "Node", "Parallel", "Serial", "Stages"]

# mypy and pyright know recursive types; nothing of this is evaluated at run time.
Node = Union[int, "Serial", "Parallel"]
"""A step, by its number in ``plan.steps``, or several in one of two arrangements."""


class Serial(NamedTuple):
    """What is done one after the other; no part is a sequence itself."""

    parts: Tuple[Node, ...]


class Parallel(NamedTuple):
    """What is done at the same time, in the order of the first step of each; no part is a parallel
    itself."""

    parts: Tuple[Node, ...]


class Barrier(NamedTuple):
    """Each step of ``after`` waits for each of ``before``, and needs not wait for all of them."""

    before: Tuple[int, ...]
    after: Tuple[int, ...]


class Stages(NamedTuple):
    """All steps of a plan, each once, and where the nesting makes them wait in vain.

    ``root`` may be as deep as the plan is long, so who walks it must not recurse. Without
    ``barriers`` a step comes after just those that it waits for.
    """

    root: Node
    barriers: Tuple[Barrier, ...]


_STEP, _SERIAL, _PARALLEL = range(3)


class Forest:
    """Trees under construction. A slot is a number; the first ones are the steps themselves."""

    def __init__(self, steps: int) -> None:
        self._kinds = [_STEP] * steps
        self._parts: List[Sequence[int]] = [()] * steps

    def reserve(self) -> int:
        """A slot that is to be filled, for now an empty sequence."""
        return self._add(_SERIAL, ())

    def serial(self, *parts: int) -> int:
        """A slot for a sequence."""
        return self._add(_SERIAL, parts)

    def parallel(self, *parts: int) -> int:
        """A slot for a parallel."""
        return self._add(_PARALLEL, parts)

    def fill(self, slot: int, parts: Sequence[int], *, parallel: bool = False) -> None:
        """Say what a reserved slot holds."""
        self._kinds[slot] = _PARALLEL if parallel else _SERIAL
        self._parts[slot] = parts

    def steps_at(self, slot: int, end: int) -> Iterator[int]:
        """The steps that come first (``end=0``) or last (``end=-1``) in a finished slot."""
        waiting = [slot]
        while waiting:
            one = waiting.pop()
            kind, parts = self._kinds[one], self._parts[one]
            if kind == _STEP:
                yield one
            elif kind == _PARALLEL:
                waiting.extend(parts)
            else:
                waiting.append(parts[end])

    def tree(self, root: int) -> Node:
        """The finished tree in a slot, no sequence in a sequence and no parallel in a parallel."""
        opened: Dict[int, List[int]] = {}
        made: Dict[int, Tuple[int, Node]] = {}  # by slot: its first step, and what it is
        waiting = [root]
        while waiting:
            slot = waiting[-1]
            if self._kinds[slot] == _STEP:
                made[slot] = slot, slot
            elif slot not in opened:
                opened[slot] = self._flat(slot)
                waiting.extend(opened[slot])
                continue
            else:
                made[slot] = self._made(slot, [made.pop(part) for part in opened.pop(slot)])
            waiting.pop()
        return made[root][1]

    def _made(self, slot: int, parts: List[Tuple[int, Node]]) -> Tuple[int, Node]:
        if len(parts) == 1:
            return parts[0]
        first = min([first for first, _ in parts], default=0)
        if self._kinds[slot] == _SERIAL:
            return first, Serial(tuple([part for _, part in parts]))
        parts.sort(key=_first)
        return first, Parallel(tuple([part for _, part in parts]))

    def _flat(self, slot: int) -> List[int]:
        """The parts of a slot, with those of parts of the same kind in their places."""
        found: List[int] = []
        kind, waiting = self._kinds[slot], [slot]
        while waiting:
            one = waiting.pop()
            while len(self._parts[one]) == 1 and self._kinds[one] != _STEP:
                one = self._parts[one][0]
            if self._kinds[one] == kind:
                waiting.extend(reversed(self._parts[one]))
            else:
                found.append(one)
        return found

    def _add(self, kind: int, parts: Sequence[int]) -> int:
        self._kinds.append(kind)
        self._parts.append(parts)
        return len(self._kinds) - 1


def _first(part: Tuple[int, Node]) -> int:
    return part[0]
