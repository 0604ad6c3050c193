"""Which stored versions something was made from, also by way of what is in memory alone."""

from __future__ import annotations

from typing import Dict, Set

from hypothesis import given
from hypothesis import strategies as st
from strategies import Blueprint, blueprints, build, chain
from version_stores import run_id

from glacier.core.storage.ancestry import Ancestry
from glacier.core.storage.records import Kept
from glacier.core.versions import Address, Reference


def kept(dataset: str) -> Kept:
    return Kept(Reference(Address("etl", dataset), run_id(1)), None)


def behind(blueprint: Blueprint, dataset: str, stored: Set[str]) -> Set[str]:
    """The same by its definition."""
    if dataset in stored:
        return {dataset}
    made_from = [node.reads for node in blueprint.nodes if dataset in node.makes]
    return {
        found for reads in made_from for one in reads for found in behind(blueprint, one, stored)
    }


@given(blueprints(sources=False), st.data())
def test_it_is_what_is_stored_on_the_way_back(blueprint: Blueprint, data: st.DataObject) -> None:
    plan = build(blueprint).prepare().plan
    datasets = sorted(blueprint.makers)
    some = st.sets(st.sampled_from(datasets)) if datasets else st.just(set())
    stored: Set[str] = data.draw(some)
    known: Dict[str, Kept] = {}
    ancestry = Ancestry(plan, known)
    for step in plan.steps:  # as a run goes
        found = ancestry.behind(step.inputs)
        names = [reference.address.dataset for reference in found]
        expected = [behind(blueprint, name, stored) for name in step.inputs]
        assert len(names) == len(set(names))
        assert set(names) == set().union(*expected)
        known.update((name, kept(name)) for name in step.outputs if name in stored)


def test_a_long_way_back_is_no_recursion() -> None:
    plan = chain(3000).prepare().plan
    first, last = plan.steps[0].outputs[0], plan.steps[-1]
    ancestry = Ancestry(plan, {first: kept(first)})
    assert [one.address.dataset for one in ancestry.behind(last.inputs)] == [first]
