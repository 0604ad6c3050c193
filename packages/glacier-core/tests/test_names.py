"""The rule for names, and what is said of a name that breaks it."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import file_of, line
from strategies import names

from glacier.core import Dataset, Pipeline, Secret
from glacier.core.errors import InvalidName
from glacier.core.names import check_name

HERE = file_of(__file__)


def nothing() -> None:
    """A function that is fit to be a task."""


def allowed(text: str) -> bool:
    """The rule, written in another way."""
    matches = re.fullmatch(r"[A-Za-z0-9_.-]{1,128}", text) is not None
    return matches and text != "." and ".." not in text


@given(name=names())
def test_a_name_by_the_rule_is_returned_as_it_is(name: str) -> None:
    assert allowed(name)
    assert check_name(name, kind="dataset", where="here") == name


@given(text=st.text() | st.text("ab._-/ \n\x00é", max_size=5))
def test_any_other_text_is_refused(text: str) -> None:
    try:
        check_name(text, kind="dataset", where="here")
    except InvalidName:
        assert not allowed(text)
    else:
        assert allowed(text)


@given(text=st.text(max_size=200))
def test_a_name_that_is_suggested_is_allowed(text: str) -> None:
    try:
        check_name(text, kind="dataset", where="here")
    except InvalidName as error:
        found = re.search(r"Did you mean '(.*?)'\?", str(error))
        assert found is None or allowed(found.group(1))


@given(value=st.none() | st.integers() | st.binary() | st.lists(st.text()))
def test_a_name_is_text(value: object) -> None:
    with pytest.raises(InvalidName, match="cannot be the name of a dataset"):
        check_name(value, kind="dataset", where="here")


def test_the_longest_name_has_128_characters() -> None:
    assert Dataset("x" * 128).name == "x" * 128
    with pytest.raises(InvalidName, match=r"\(129 characters\)"):
        Dataset("x" * 129)


RULE = (
    "A name is 1 to 128 ASCII letters, digits, '_', '-' and '.', and never a path "
    "(no '/', no '..')."
)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "'' cannot be the name of a dataset."),
        ("raw data", "'raw data' cannot be the name of a dataset. Did you mean 'raw_data'?"),
        ("in/raw", "'in/raw' cannot be the name of a dataset. Did you mean 'in_raw'?"),
        ("../raw", "'../raw' cannot be the name of a dataset. Did you mean '._raw'?"),
        ("..", "'..' cannot be the name of a dataset."),
        (" données ", "' données ' cannot be the name of a dataset. Did you mean 'donnees'?"),
        ("数", "'数' cannot be the name of a dataset."),
        ("x" * 200, f"'{'x' * 32}'… (200 characters) cannot be the name of a dataset."),
        (3, "3 (an int) cannot be the name of a dataset."),
        (None, "None cannot be the name of a dataset."),
    ],
)
def test_a_bad_name_says_where_why_and_what_would_do(name: Any, said: str) -> None:
    with pytest.raises(InvalidName) as caught:
        Dataset(name)
    number = line() - 1

    assert str(caught.value) == f"{HERE}:{number}: {said} {RULE}"


def test_every_kind_of_name_is_held_to_the_rule() -> None:
    pipeline = Pipeline("etl")
    declarations: Dict[str, Callable[[], object]] = {
        "pipeline": lambda: Pipeline("a b"),
        "task": lambda: pipeline.task(name="a b")(nothing),
        "tag": lambda: pipeline.task(tags=["a b"])(nothing),
        "secret": lambda: Secret("a b"),
    }
    for kind, declare in declarations.items():
        with pytest.raises(InvalidName) as caught:
            declare()
        assert f": 'a b' cannot be the name of a {kind}. " in str(caught.value)
        assert f"{HERE}:" in str(caught.value)


def test_a_function_without_a_usable_name_is_to_be_given_one() -> None:
    with pytest.raises(InvalidName) as caught:
        Pipeline("etl").task(lambda: None)
    number = line() - 1

    assert str(caught.value) == (
        f"{HERE}:{number}: '<lambda>' cannot be the name of a task. "
        f"Rename the function, or name the task: @pipeline.task(name='…'). {RULE}"
    )
