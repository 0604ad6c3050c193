"""Names for clouds: always valid, always the same, and never one for two."""

from __future__ import annotations

import re
from typing import List

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glacier.core.cloudnames import cloud_name

NAMES = st.lists(
    st.text("ABab09_-.", min_size=1, max_size=128).filter(lambda one: ".." not in one),
    min_size=1,
    max_size=3,
)


@given(NAMES, st.integers(16, 63), st.sampled_from(["-", ""]))
def test_a_name_is_valid_and_always_the_same(parts: List[str], longest: int, joint: str) -> None:
    name = cloud_name(parts, longest=longest, joint=joint)
    assert re.fullmatch(rf"[a-z][a-z0-9{joint}]*", name)
    assert len(name) <= longest
    assert not name.endswith("-")
    assert "--" not in name
    assert name == cloud_name(parts, longest=longest, joint=joint)


@given(NAMES, NAMES, st.sampled_from([[], ["account"]]), st.sampled_from(["-", ""]))
@example(["a-b", "c"], ["a", "b-c"], [], "-")
@example(["ab", "c"], ["a", "bc"], [], "")
def test_two_have_two_names(one: List[str], other: List[str], among: List[str], joint: str) -> None:
    names = {cloud_name(part, longest=40, among=among, joint=joint) for part in (one, other)}
    assert len(names) == (1 if one == other else 2)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (["prod", "lake"], "prod-lake"),
        (["prod", "Lake"], "prod-lake-9ad62f0e"),
        (["prod", "my_lake"], "prod-my-lake-4b1e7d7c"),
        (["2024", "lake"], "g2024-lake-12a1"),
    ],
)
def test_what_is_valid_stays_and_what_is_changed_has_a_hash(
    parts: List[str], expected: str
) -> None:
    name = cloud_name(parts, longest=63)
    assert name.rpartition("-")[0] == expected.rpartition("-")[0]
    assert (name == "-".join(parts)) == (name == expected)


def test_another_account_has_another_name() -> None:
    names = {cloud_name(["prod", "lake"], longest=63, among=[one]) for one in ("1", "2")}
    assert len(names) == 2
    assert all(re.fullmatch(r"prod-lake-[0-9a-f]{8}", name) for name in names)
