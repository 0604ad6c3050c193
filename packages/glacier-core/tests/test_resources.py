"""Resources: frozen, equal by what they say, and showing no password."""

from __future__ import annotations

import pickle
from datetime import timedelta
from pathlib import Path
from typing import Any, Callable

import pytest

from glacier.core import (
    Database,
    Dataset,
    External,
    ObjectStorage,
    Permission,
    Pipeline,
    Secret,
    Serverless,
)
from glacier.core.errors import InvalidName, InvalidOption
from glacier.core.testing import run

MADE = [
    Database("warehouse"),
    Database("warehouse", url=Secret("warehouse-url")),
    External("landing/*.json", format="json", version="3"),
    ObjectStorage("lake"),
    Permission(["a", "b"], "c"),
    Secret("key"),
    Serverless(cpu=0.5, memory=512, timeout=timedelta(minutes=1)),
]


@pytest.mark.parametrize("resource", MADE, ids=repr)
def test_a_resource_is_frozen_and_equal_to_its_copy(resource: Any) -> None:
    copy = pickle.loads(pickle.dumps(resource))
    assert copy == resource
    assert hash(copy) == hash(resource)
    assert [one for one in MADE if one == resource] == [resource]
    with pytest.raises(AttributeError, match="is frozen"):
        resource.name = "another"


def test_a_password_is_never_shown() -> None:
    url = "postgresql://me:s3cret@host/shop"
    assert "s3cret" not in repr([Database("shop", url=url), External(f"{url}#orders")])


@pytest.mark.parametrize(
    "make",
    [
        lambda: Database("warehouse", url="shop.db"),
        lambda: External(""),
        lambda: External(3),  # type: ignore[arg-type]  # a mistake
        lambda: Pipeline("p").task(priority="high")(len),  # type: ignore[call-overload]  # a mistake
        lambda: Pipeline("p").task(priority=float("nan"))(len),
        lambda: Serverless(cpu=0),
        lambda: Serverless(cpu="2"),  # type: ignore[arg-type]  # a mistake
        lambda: Serverless(memory=0),
        lambda: Serverless(memory=0.5),  # type: ignore[arg-type]  # a mistake
        lambda: Serverless(timeout=0),
        lambda: Serverless(timeout=float("inf")),
        lambda: Dataset("raw", storage="lake"),  # type: ignore[arg-type]  # a mistake
        lambda: Dataset("raw", storage=External("a"), retain=3),
        lambda: Dataset("raw", storage=Database("a"), format="csv"),
    ],
)
def test_what_has_no_meaning_is_refused_where_it_stands(make: Callable[[], object]) -> None:
    with pytest.raises(InvalidOption, match=Path(__file__).name):
        make()


@pytest.mark.parametrize("name", ["", "a/b", ".."])
def test_a_name_is_never_a_path(name: str) -> None:
    with pytest.raises(InvalidName):
        ObjectStorage(name)


def test_the_size_of_a_machine_is_ignored_here_and_checked() -> None:
    pipeline, raw = Pipeline("sized"), Dataset("raw")

    @pipeline.task(compute=Serverless(memory=100_000, timeout=timedelta(seconds=0.001)))
    def extract() -> raw:
        return [1]

    assert extract.compute == Serverless(memory=100_000, timeout=0.001)
    assert run(pipeline)["raw"] == [1]
    with pytest.raises(InvalidOption, match="compute= is 512"):

        @pipeline.task(compute=512)  # type: ignore[call-overload]  # a mistake
        def other() -> None: ...


def test_a_permission_is_one_action_or_several_on_one_resource_or_several() -> None:
    one = Permission("dynamodb:GetItem", "arn:a")
    assert (one.actions, one.resources) == (("dynamodb:GetItem",), ("arn:a",))
    assert repr(one) == "Permission('dynamodb:GetItem', 'arn:a')"
    several = Permission(iter(["b", "a", "b"]), ["x", "y"])
    assert (several.actions, several.resources) == (("b", "a"), ("x", "y"))
    assert several == Permission(["b", "a"], ("x", "y")) != one
    assert eval(repr(several)) == pickle.loads(pickle.dumps(several)) == several
    with pytest.raises(AttributeError, match="frozen"):
        one.actions = ()


@pytest.mark.parametrize("wrong", ["", [], [""], ["a b"], [3], 3, None, b"a"])
def test_actions_and_resources_are_texts_without_blanks(wrong: Any) -> None:
    with pytest.raises(InvalidOption, match=rf"{Path(__file__).name}.*actions="):
        Permission(wrong, "arn:a")
    with pytest.raises(InvalidOption, match="resources="):
        Permission("a", wrong)


def test_permissions_and_a_group_are_ignored_here_and_checked() -> None:
    pipeline, raw = Pipeline("allowed"), Dataset("raw")

    @pipeline.task(permissions=[Permission("a", "b")], group="small")
    def extract() -> raw:
        return [1]

    assert (extract.permissions, extract.group) == ((Permission("a", "b"),), "small")
    assert run(pipeline)["raw"] == [1]
    for wrong in ("s3:GetObject", ["s3:GetObject"], 3):
        with pytest.raises(InvalidOption, match="permissions="):
            pipeline.task(permissions=wrong)(print)
    with pytest.raises(InvalidName, match="group"):
        pipeline.task(group="a/b")(print)
