"""Datasets: what they are, what may be written with them, and what may not."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from places import file_of, line
from strategies import names

from glacier.core import Dataset, Secret
from glacier.core.dataset import Either
from glacier.core.errors import DefinitionError, InvalidName, NotCallable

raw = Dataset("raw")


def test_a_dataset_has_a_name_and_where_it_was_declared() -> None:
    dataset, number = Dataset(name="raw", description="as it came", metadata={"pii": True}), line()

    assert dataset.name == "raw"
    assert dataset.description == "as it came"
    assert dataset.metadata == {"pii": True}
    assert str(dataset.place) == f"{file_of(__file__)}:{number}"
    assert repr(dataset) == "Dataset('raw')"


@given(name=names())
def test_every_name_by_the_rule_will_do(name: str) -> None:
    assert Dataset(name).name == name


def test_a_dataset_is_equal_to_itself_alone() -> None:
    same_name = Dataset("raw")

    assert raw == raw
    assert raw != same_name
    assert len({raw, same_name}) == 2
    assert raw.serial < same_name.serial


def test_what_a_dataset_was_given_is_its_own() -> None:
    metadata = {"pii": True}
    dataset = Dataset("raw", metadata=metadata)
    metadata["pii"] = False

    assert dataset.metadata == {"pii": True}
    assert raw.metadata == {}
    assert raw.description is None


@pytest.mark.parametrize("frozen", [raw, Secret("key")])
def test_a_declaration_is_frozen(frozen: Any) -> None:
    with pytest.raises(AttributeError, match=rf"{type(frozen).__name__}\('\w+'\) is frozen"):
        frozen.name = "other"
    with pytest.raises(AttributeError):
        frozen.other = 1


def test_each_is_the_dataset_one_item_at_a_time() -> None:
    assert raw.each.dataset is raw
    assert raw.each == raw.each
    assert hash(raw.each) == hash(raw.each)
    assert raw.each != Dataset("raw").each
    assert raw.each != raw
    assert repr(raw.each) == "Dataset('raw').each"


def test_unions_are_gathered_in_order() -> None:
    both = int | (raw | None) | raw.each | "later"  # type: ignore[operator]  # read at run time

    assert isinstance(both, Either)
    assert both.members == (int, raw, None, raw.each, "later")
    assert (None | raw).members == (None, raw)
    assert repr(raw | None) == "Dataset('raw') | None"


@pytest.mark.parametrize(
    ("called", "text"),
    [
        (
            raw,
            (
                "Dataset('raw') is not a function and cannot be called. In a task its value is the "
                "parameter that is annotated with it, and after a run it is run[dataset]."
            ),
        ),
        (
            raw.each,
            (
                "Dataset('raw').each is not a function and cannot be called. In a task its value "
                "is the parameter that is annotated with it, and after a run it is run[dataset]."
            ),
        ),
        (
            raw | None,
            "Dataset('raw') | None is not a function and cannot be called. It is an annotation.",
        ),
        (
            Secret("key"),
            (
                "Secret('key') is not a function and cannot be called. In a task its value is the "
                "parameter that is annotated with it."
            ),
        ),
    ],
)
def test_a_declaration_cannot_be_called(called: Any, text: str) -> None:
    with pytest.raises(NotCallable) as caught:
        called(1, key=2)

    assert str(caught.value) == text
    assert isinstance(caught.value, DefinitionError)


def test_a_dataset_that_was_sent_elsewhere_has_its_name_and_place() -> None:
    dataset = Dataset("raw", description="as it came", metadata={"pii": True})

    for sent in (pickle.loads(pickle.dumps(dataset)), copy.deepcopy(dataset)):
        assert sent is not dataset
        assert (sent.name, sent.description, sent.metadata) == (
            dataset.name,
            dataset.description,
            dataset.metadata,
        )
        assert str(sent.place) == str(dataset.place)
        with pytest.raises(AttributeError):
            sent.name = "other"


def test_a_secret_is_its_name() -> None:
    secret = Secret("crm-key.v2")

    assert secret == Secret("crm-key.v2")
    assert secret != Secret("other")
    assert len({secret, Secret("crm-key.v2")}) == 1
    assert repr(secret) == "Secret('crm-key.v2')"
    assert secret.variable == "GLACIER_SECRET_CRM_KEY_V2"
    assert pickle.loads(pickle.dumps(secret)) == secret


def test_a_secret_with_a_bad_name_says_where() -> None:
    with pytest.raises(InvalidName) as caught:
        Secret("crm key")
    where = f"{file_of(__file__)}:{line() - 1}"

    assert str(caught.value).startswith(f"{where}: 'crm key' cannot be the name of a secret. ")
