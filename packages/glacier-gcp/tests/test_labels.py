"""Tags as labels: what Google takes is left as it is, the rest becomes valid and stays distinct."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from glacier.core.contracts.providers import Site
from glacier.core.programs import Session
from glacier.gcp.labels import label, labels_of

VALID = st.text("abcdefghijklmnopqrstuvwxyz0123456789_-", max_size=63)


@given(VALID)
def test_what_is_valid_stays_as_it_is(text: str) -> None:
    assert label(text) == text
    assert label(f"a{text[1:]}", is_key=True) == f"a{text[1:]}"


@given(st.text(max_size=100), st.booleans())
def test_anything_becomes_valid_and_the_same_each_time(text: str, is_key: bool) -> None:
    found = label(text, is_key=is_key)
    assert found == label(text, is_key=is_key)
    first = "[a-z]" if is_key else "[a-z0-9_-]?"
    assert re.fullmatch(rf"{first}[a-z0-9_-]{{0,62}}", found)


@given(st.lists(st.text(max_size=100), min_size=2, max_size=2, unique=True), st.booleans())
def test_different_texts_remain_different(texts: list[str], is_key: bool) -> None:
    one, other = texts
    assert label(one, is_key=is_key) != label(other, is_key=is_key)


def test_a_tag_that_was_changed_is_shown_once() -> None:
    session = Session("etl")
    tags = {"Team": "Data & Co", "team": "data", "1st": "yes", "empty": ""}
    site = Site(environment="prod", pipeline="etl", tags=tags, session=session)
    found = labels_of(site)
    assert found == labels_of(site)
    assert found is not labels_of(site)
    assert (found["team"], found["empty"], len(found)) == ("data", "", 4)
    changed = [(given, made) for kind, given, made in session.names if given != made]
    (first, made), (second, digits) = changed
    assert (first, second) == ("Team=Data & Co", "1st=yes")
    assert re.fullmatch(r"team-[0-9a-f]{8}=data---co-[0-9a-f]{8}", made)
    assert re.fullmatch(r"g1st-[0-9a-f]{8}=yes", digits)
