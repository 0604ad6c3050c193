"""Stages: nothing is lost, nothing is added in silence, and series-parallel orders are exact."""

from __future__ import annotations

from itertools import product
from typing import Any, Dict, List, NamedTuple, Sequence, Set, Tuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import Blueprint, blueprints, build, declare

from glacier.core import Dataset, Pipeline
from glacier.core.plan import make_plan
from glacier.core.stages import Barrier, Parallel, Serial, Stages, stages_of
from glacier.core.stages.staging import nested

Before = List[List[int]]


def closed(before: Sequence[Sequence[int]]) -> List[Set[int]]:
    """All that each step comes after; ``before`` need not be in order."""
    found: List[Set[int]] = [set() for _ in before]
    changed = True
    while changed:
        changed = False
        for step, direct in enumerate(before):
            more = set(direct).union(*[found[one] for one in direct])
            changed = changed or more != found[step]
            found[step] = more
    return found


def implied(root: Any, count: int) -> List[Set[int]]:
    """What a tree says that each step comes after; every step must be in it once."""
    found: Dict[int, Set[int]] = {}

    def walk(node: Any, above: Set[int]) -> Set[int]:
        if isinstance(node, int):
            assert node not in found
            found[node] = above
            return {node}
        assert len(node.parts) > 1
        assert not any(type(part) is type(node) for part in node.parts)
        inside: Set[int] = set()
        for part in node.parts:
            inside |= walk(part, above | inside if isinstance(node, Serial) else above)
        return inside

    if root != Serial(()):
        walk(root, set())
    assert sorted(found) == list(range(count))
    return [found[step] for step in range(count)]


def longest(above: Sequence[Set[int]], weights: Sequence[float]) -> float:
    """The critical path of an order that is closed."""
    ends: Dict[int, float] = {}
    for step in sorted(range(len(above)), key=lambda one: len(above[one])):
        ends[step] = weights[step] + max([ends[one] for one in above[step]], default=0)
    return max(ends.values(), default=0)


class Ordered(NamedTuple):
    """A random series-parallel order: who waits for whom, and how long each takes."""

    before: Before
    weights: List[float]


@st.composite
def series_parallel(draw: st.DrawFn) -> Ordered:
    """Made from a tree: its edges and some that they imply, in any legal numbers."""
    edges: Set[Tuple[int, int]] = set()
    count = draw(st.integers(1, 14))

    def grown(steps: List[int]) -> Tuple[List[int], List[int]]:
        """Connect some steps; returns those that begin and those that end."""
        if len(steps) == 1:
            return steps, steps
        at = draw(st.integers(1, len(steps) - 1))
        first, second = grown(steps[:at]), grown(steps[at:])
        if draw(st.booleans()):
            edges.update(product(first[1], second[0]))
            return first[0], second[1]
        return first[0] + second[0], first[1] + second[1]

    grown(list(range(count)))
    reached = closed([[a for a, b in edges if b == step] for step in range(count)])
    more = sorted((a, b) for b in range(count) for a in reached[b])
    if more:
        edges.update(draw(st.lists(st.sampled_from(more), max_size=10)))
    numbers = _legal(draw(st.permutations(range(count))), reached)
    before: Before = [[] for _ in range(count)]
    for above, below in sorted(edges):
        before[numbers[below]].append(numbers[above])
    weights = draw(st.lists(st.floats(0.1, 100), min_size=count, max_size=count))
    return Ordered(before, weights)


def _legal(wanted: Sequence[int], reached: Sequence[Set[int]]) -> Dict[int, int]:
    """Numbers for steps, in a wanted order as far as each can come after what it waits for."""
    numbers: Dict[int, int] = {}
    while len(numbers) < len(wanted):
        step = next(one for one in wanted if one not in numbers and reached[one] <= set(numbers))
        numbers[step] = len(numbers)
    return numbers


@st.composite
def graphs(draw: st.DrawFn, largest: int = 12) -> Before:
    """Any graph without cycles, sparse or dense."""
    count = draw(st.integers(0, largest))
    most = draw(st.integers(1, 4))
    return [
        sorted(draw(st.sets(st.integers(0, step - 1), max_size=most))) if step else []
        for step in range(count)
    ]


def is_series_parallel(above: Sequence[Set[int]]) -> bool:
    """Whether there is no N: ``c`` after ``a`` and ``b``, ``d`` after ``b``, nothing else."""
    steps = range(len(above))

    def apart(one: int, other: int) -> bool:
        return one != other and one not in above[other] and other not in above[one]

    return not any(
        a in above[c] and b in above[d] and apart(a, b) and apart(c, d) and apart(a, d)
        for c in steps
        for b in above[c]
        for a in above[c]
        for d in steps
    )


@given(series_parallel())
def test_a_series_parallel_order_comes_back_exactly(order: Ordered) -> None:
    root, barriers = nested(order.before)
    graph = closed(order.before)
    assert not barriers
    assert implied(root, len(graph)) == graph
    assert longest(implied(root, len(graph)), order.weights) == longest(graph, order.weights)


@given(graphs())
@example([[], [], [0, 1], [1]])
@example([[], [0], [0, 1], [], [2, 3], [3], [5, 0]])
def test_of_any_graph_nothing_is_lost_and_barriers_say_what_is_added(before: Before) -> None:
    root, barriers = nested(before)
    graph, found = closed(before), implied(root, len(before))
    assert all(some <= more for some, more in zip(graph, found))
    told = [list(direct) for direct in before]
    for one in barriers:
        assert any(a not in graph[b] for a in one.before for b in one.after)
        for step in one.after:
            told[step].extend(one.before)
    assert closed(told) == found
    assert (not barriers) == (found == graph) == is_series_parallel(graph)
    assert nested(before) == (root, barriers)


@given(blueprints())
def test_the_edges_of_a_plan_are_its_datasets_and_conditions(blueprint: Blueprint) -> None:
    plan = make_plan(build(blueprint).graph(inputs=blueprint.sources))
    numbers = {step.task: number for number, step in enumerate(plan.steps)}
    before: Before = [[] for _ in plan.steps]
    for maker, reader in blueprint.edges:
        before[numbers[reader]].append(numbers[maker])
    assert stages_of(plan) == nested(before)


def test_what_the_run_is_given_is_not_waited_for() -> None:
    pipeline, raw = Pipeline("etl"), Dataset("raw")
    declare(pipeline, "make", [], [raw])
    declare(pipeline, "read", [raw], [])
    assert stages_of(pipeline.plan()) == Stages(Serial((0, 1)), ())
    fed = make_plan(pipeline.graph(), given=["raw"])
    assert stages_of(fed) == Stages(Parallel((0, 1)), ())


def test_the_smallest_graphs() -> None:
    assert nested([]) == Stages(Serial(()), ())
    assert nested([[]]) == Stages(0, ())
    assert nested([[], []]) == Stages(Parallel((0, 1)), ())
    assert nested([[], [0], [1, 0]]) == Stages(Serial((0, 1, 2)), ())


def test_a_diamond_with_a_chain_in_it_and_a_step_beside() -> None:
    root = Parallel((Serial((0, Parallel((1, Serial((2, 4)))), 5)), 3))
    assert nested([[], [0], [0], [], [2], [1, 4]]) == Stages(root, ())


def test_a_barrier_names_the_step_that_waits_in_vain() -> None:
    root, barriers = nested([[], [], [0, 1], [1]])
    assert root == Serial((Parallel((0, 1)), Parallel((2, 3))))
    assert barriers == (Barrier(before=(0,), after=(3,)),)


def test_parts_that_are_series_parallel_stay_whole_beside_a_barrier() -> None:
    """The smallest graph again, with a chain or a parallel in the place of each step."""
    before = [[], [0], [], [2], [2], [1, 3, 4], [5], [3, 4], [3, 4]]
    root, barriers = nested(before)
    above = Parallel((Serial((0, 1)), Serial((2, Parallel((3, 4))))))
    assert root == Serial((above, Parallel((Serial((5, 6)), 7, 8))))
    assert barriers == (Barrier(before=(1,), after=(7, 8)),)


@pytest.mark.parametrize("at", [2, 10, 25])
def test_one_edge_between_two_chains_is_one_barrier_and_no_longer_path(at: int) -> None:
    """Wherever it is: the cut is not in the middle of the graph but where it costs least."""
    length = 40
    before = [[step - 1] if step % length else [] for step in range(2 * length)]
    before[length + at].append(at - 1)
    root, barriers = nested(before)
    assert barriers == (Barrier(before=(length + at - 1,), after=(at,)),)
    ones = [1.0] * len(before)
    assert longest(implied(root, len(before)), ones) == longest(closed(before), ones) == length


@pytest.mark.parametrize("count", [3, 2_000])
@pytest.mark.parametrize("is_after", [True, False])
def test_what_hangs_on_a_chain_is_nested_by_itself(count: int, is_after: bool) -> None:
    """Beside each step of a chain is a part that needs a barrier, all after it or all before it."""
    before: Before = []
    for step in range(0, 5 * count, 5):
        last = [step - 5] if step else []
        if is_after:
            before += [last, [step], [step], [step + 1, step + 2], [step + 2]]
        else:
            last = [step - 1] if step else []
            before += [[], [], [step, step + 1], [step + 1], [*last, step + 2, step + 3]]
    root, barriers = nested(before)
    first = 1 if is_after else 0
    steps = range(first, 5 * count, 5)
    assert barriers == tuple([Barrier((step,), (step + 3,)) for step in steps])
    if count < 10:
        ones = [1.0] * len(before)
        assert longest(implied(root, len(before)), ones) == longest(closed(before), ones)


def test_layers_have_a_barrier_between_each_two() -> None:
    wide, deep = 6, 5
    before: Before = [[] for _ in range(wide)]
    for layer, column in product(range(1, deep), range(wide)):
        over = (layer - 1) * wide
        before.append(sorted({over + column, over + (column + 1) % wide}))
    root, barriers = nested(before)
    assert len(barriers) == deep - 1
    assert root == Serial(
        tuple([Parallel(tuple(range(n * wide, n * wide + wide))) for n in range(deep)])
    )


def test_a_hundred_thousand_steps() -> None:
    count = 100_000
    chain: Before = [[], *[[step] for step in range(count - 1)]]
    assert nested(chain) == Stages(Serial(tuple(range(count))), ())
    middle = range(1, count - 1)
    fan: Before = [[], *[[0] for _ in middle], list(middle)]
    assert nested(fan) == Stages(Serial((0, Parallel(tuple(middle)), count - 1)), ())


def test_depth_is_no_matter() -> None:
    """A comb: a chain of which each step has a reader beside; it nests as deep as it is long."""
    teeth = 20_000
    before: Before = [[], []]
    for tooth in range(1, teeth):
        before += [[2 * tooth - 2], [2 * tooth - 2]]
    before[1] = [0]
    node, barriers = nested(before)
    assert not barriers
    depth = 0
    while isinstance(node, Serial):
        depth += 1
        below = node.parts[1]
        assert isinstance(below, Parallel)
        node = next((part for part in below.parts if isinstance(part, Serial)), 0)
    assert depth == teeth - 1
