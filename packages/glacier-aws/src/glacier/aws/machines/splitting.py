"""Cutting the stages of a plan into machines, each of which stays within its quotas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Union

from glacier.aws.machines.needs import Need
from glacier.aws.machines.quotas import PART, Cost, child_cost, joined_cost, step_cost
from glacier.core.protocols import CannotDeploy, Parallel, Plan, Serial, Stages

__all__ = ["Child", "Group", "Part", "Split", "split"]


class Group(NamedTuple):
    """Parts one after the other, or at the same time; ``steps`` are all that are in them."""

    parts: tuple[Part, ...]
    is_parallel: bool
    steps: tuple[int, ...]


class Child(NamedTuple):
    """What a machine of its own does; ``number`` tells it from the others."""

    number: int
    root: Part
    steps: tuple[int, ...]
    cost: Cost


Part = Union[int, Child, Group]


class Split(NamedTuple):
    """What the main machine does, what that takes, and the machines below it."""

    root: Part
    cost: Cost
    children: tuple[Child, ...]


class _Piece(NamedTuple):
    part: Part
    cost: Cost
    steps: tuple[int, ...]


def split(plan: Plan, stages: Stages, needs: Sequence[Need]) -> Split:
    """Cut the stages of a plan; without need nothing is cut.

    Raises :class:`~glacier.core.errors.CannotDeploy` for a step that no machine can hold.
    """
    children: list[Child] = []
    done: list[_Piece] = []
    pending: list[tuple[object, bool]] = [(stages.root, False)]
    while pending:  # without recursion: the stages may be as deep as the plan is long
        node, is_open = pending.pop()
        if isinstance(node, int):
            cost = step_cost(plan.steps[node], len(needs[node].producers))
            if not cost.fits(PART):
                raise _too_large(plan, node, cost)
            done.append(_Piece(node, cost, (node,)))
        elif isinstance(node, (Serial, Parallel)):
            if is_open:
                count = len(node.parts)
                pieces = done[-count:]
                done[-count:] = [_joined(pieces, isinstance(node, Parallel), children)]
            else:
                pending.append((node, True))
                pending.extend((part, False) for part in reversed(node.parts))
    root = done[0]
    return Split(root.part, root.cost, tuple(children))


def _joined(pieces: list[_Piece], parallel: bool, children: list[Child]) -> _Piece:
    """Several pieces as one, of which so many are cut out that the rest fits into a machine."""
    while True:
        whole = _group(pieces, parallel)
        if whole.cost.fits(PART) or len(pieces) == 1:
            return whole
        bins: list[list[_Piece]] = [[]]
        for piece in pieces:
            if bins[-1] and not _group([*bins[-1], piece], parallel).cost.fits(PART):
                bins.append([])
            bins[-1].append(piece)
        if len(bins) == len(pieces) and all(isinstance(one.part, Child) for one in pieces):
            raise _too_many(whole)
        pieces = [_cut(_group(some, parallel), children) for some in bins]


def _group(pieces: list[_Piece], parallel: bool) -> _Piece:
    if len(pieces) == 1:
        return pieces[0]
    steps = tuple(step for piece in pieces for step in piece.steps)
    cost = joined_cost([piece.cost for piece in pieces], len(steps), parallel=parallel)
    return _Piece(Group(tuple(piece.part for piece in pieces), parallel, steps), cost, steps)


def _cut(piece: _Piece, children: list[Child]) -> _Piece:
    if isinstance(piece.part, Child):
        return piece
    child = Child(len(children) + 1, piece.part, piece.steps, piece.cost)
    children.append(child)
    return _Piece(child, child_cost(len(piece.steps)), piece.steps)


def _too_many(whole: _Piece) -> CannotDeploy:
    reason = (
        f"{len(whole.steps):,} tasks take about {whole.cost.size:,} bytes of the one state machine "
        f"that starts the others, and Glacier gives one {PART.size:,} of the 1,048,576 of a "
        "definition"
    )
    mend = "Make several pipelines of it."
    return CannotDeploy(target="the pipeline on AWS", reason=reason, mend=mend)


def _too_large(plan: Plan, number: int, cost: Cost) -> CannotDeploy:
    step = plan.steps[number]
    if cost.events > PART.events:
        retries = 0 if step.policy is None else step.policy.retries
        reason = (
            f"task {step.task!r} may be tried {retries + 1:,} times, which takes up to "
            f"{cost.events:,} events of an execution's history, of which Step Functions keeps "
            f"25,000 and Glacier gives one machine {PART.events:,}"
        )
        mend = "Lower its retries=."
    else:
        reason = (
            f"task {step.task!r} waits for so many others that its states take about "
            f"{cost.size:,} bytes, and Glacier gives one machine {PART.size:,} of the 1,048,576 "
            "of a definition"
        )
        mend = "Put tasks in between that each join some of its inputs."
    return CannotDeploy(target=f"pipeline {plan.pipeline!r} on AWS", reason=reason, mend=mend)
