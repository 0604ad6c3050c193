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
    produce. ``readers`` are steps by dataset, the last of the plan first, for the scheduler takes
    the last that it was handed.
    """

    names: Tuple[str, ...]
    numbers: Mapping[str, int]
    inputs: Sequence[Tuple[int, ...]]
    outputs: Sequence[Tuple[int, ...]]
    conditions: Sequence[int]
    reads: Sequence[Tuple[int, ...]]
    waits: Sequence[int]
    readers: Sequence[Sequence[int]]


def wire(steps: Sequence[Step], given: Sequence[str]) -> Wiring:
    """Number the datasets of the steps and connect them; linear in steps and edges."""
    fed = frozenset(given)
    index: Dict[str, int] = {}
    inputs: List[Tuple[int, ...]] = []
    outputs: List[Tuple[int, ...]] = []
    conditions: List[int] = []
    reads: List[Tuple[int, ...]] = []
    for step in steps:
        ids = tuple([index.setdefault(name, len(index)) for name in step.inputs])
        condition = NOWHERE
        if step.when is not None:
            condition = index.setdefault(step.when, len(index))
        inputs.append(ids)
        conditions.append(condition)
        used = ids if condition == NOWHERE else (*ids, condition)
        reads.append(used if len(used) < 2 else tuple(dict.fromkeys(used)))
        outputs.append(
            tuple(
                [
                    index.setdefault(name, len(index)) if name not in fed else NOWHERE
                    for name in step.outputs
                ]
            )
        )
    for name in given:
        index.setdefault(name, len(index))
    produced = {dataset for datasets in outputs for dataset in datasets}
    waits = [sum([dataset in produced for dataset in used]) for used in reads]
    readers: List[List[int]] = [[] for _ in index]
    for number in range(len(steps) - 1, -1, -1):
        for dataset in reads[number]:
            readers[dataset].append(number)
    return Wiring(tuple(index), index, inputs, outputs, conditions, reads, waits, readers)
