"""A plan compiled for execution: datasets and steps as numbers, so that no name is looked up."""

from __future__ import annotations

from typing import Dict, List, Mapping, NamedTuple, Sequence, Tuple

from glacier.core.step import Step

__all__ = ["NOWHERE", "Wiring", "wire"]

NOWHERE = -1
"""Stands for a dataset that a step has none of, or whose produced value is not wanted."""


class Wiring(NamedTuple):
    """For every step and dataset, by number, what it is connected to.

    ``inputs``, ``outputs`` and ``conditions`` (or :data:`NOWHERE`) are datasets by step; ``reads``
    are the same inputs and condition, each once. ``waits`` counts the reads that other steps
    produce. ``readers`` are steps by dataset, the last declared first, for the scheduler takes the
    last that it was handed.
    """

    names: Tuple[str, ...]
    index: Mapping[str, int]
    inputs: Sequence[Tuple[int, ...]]
    outputs: Sequence[Tuple[int, ...]]
    conditions: Sequence[int]
    reads: Sequence[Tuple[int, ...]]
    waits: Sequence[int]
    readers: Sequence[Sequence[int]]


def wire(steps: Sequence[Step], given: Sequence[str]) -> Wiring:
    """Number the datasets of the steps and connect them; linear in steps and edges."""
    index: Dict[str, int] = {}
    produced = {name for step in steps for name in step.outputs}.difference(given)
    fed = frozenset(given)
    inputs: List[Tuple[int, ...]] = []
    outputs: List[Tuple[int, ...]] = []
    conditions: List[int] = []
    reads: List[Tuple[int, ...]] = []
    waits: List[int] = []
    for step in steps:
        sources = step.inputs
        ids = tuple([index.setdefault(name, len(index)) for name in sources])
        condition = NOWHERE
        distinct = ids if len(ids) < 2 else tuple(dict.fromkeys(ids))
        if step.when is not None:
            condition = index.setdefault(step.when, len(index))
            sources = (*sources, step.when)
            distinct = tuple(dict.fromkeys((*ids, condition)))
        inputs.append(ids)
        conditions.append(condition)
        reads.append(distinct)
        waits.append(sum([name in produced for name in set(sources)]))
        outputs.append(
            tuple([index.setdefault(o, len(index)) if o not in fed else NOWHERE for o in step.outputs])
        )
    for name in given:
        index.setdefault(name, len(index))
    readers: List[List[int]] = [[] for _ in index]
    for number in range(len(steps) - 1, -1, -1):
        for dataset in reads[number]:
            readers[dataset].append(number)
    return Wiring(tuple(index), index, inputs, outputs, conditions, reads, waits, readers)
