"""Grants: each task may do what its annotations say, and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from glacier.core import (
    Database,
    Dataset,
    External,
    ObjectStorage,
    Permission,
    Pipeline,
    Secret,
)
from glacier.core.errors import InvalidOption
from glacier.core.grants import Grant
from glacier.core.synth.permissions import permissions

if sys.version_info >= (3, 9):
    from typing import Annotated
else:
    from typing_extensions import Annotated


def test_a_task_may_read_and_write_what_it_is_annotated_with() -> None:
    pipeline, flag, middle = Pipeline("etl"), Dataset("flag"), Dataset("middle")
    landing = Dataset("landing", storage=External("https://me:s3cret@host/a.json"))
    gold = Dataset("gold", storage=ObjectStorage("lake"), publish="exports/gold.json")

    @pipeline.task
    def decide(rows: landing, again: landing) -> flag:
        return bool(rows)

    @pipeline.task(when=flag)
    def extract(rows: landing, key: Annotated[str, Secret("crm")]) -> middle:
        return rows

    @pipeline.task
    def load(rows: middle) -> gold:
        return rows

    found = permissions(pipeline.plan(), pipeline.graph())
    outside = "External('https://***@host/a.json')"
    assert found == [
        Grant("decide", "read", "dataset", "landing", outside),
        Grant("decide", "write", "dataset", "flag", "workspace"),
        Grant("extract", "read", "dataset", "landing", outside),
        Grant("extract", "read", "secret", "crm"),
        Grant("extract", "write", "dataset", "middle", "workspace"),
        Grant("load", "read", "dataset", "middle", "workspace"),
        Grant("load", "write", "dataset", "gold", "ObjectStorage('lake')"),
        Grant("load", "write", "publication", "gold", "exports/gold.json"),
    ]


def test_the_address_of_a_publication_shows_no_password() -> None:
    pipeline = Pipeline("etl")
    gold = Dataset("gold", storage=ObjectStorage("a"), publish="postgresql://me:s3cret@host/d#t")

    @pipeline.task
    def load() -> gold:
        return [1]

    *_, publication = permissions(pipeline.plan(), pipeline.graph())
    assert publication.storage == "postgresql://***@host/d#t"


def test_the_secret_that_is_a_database_address_is_read_by_who_uses_its_tables() -> None:
    pipeline = Pipeline("etl")
    warehouse = Database("warehouse", url=Secret("warehouse-url"))
    orders, totals = Dataset("orders", storage=warehouse), Dataset("totals", storage=warehouse)
    report = Dataset("report")

    @pipeline.task
    def add(rows: orders) -> totals:
        return rows

    @pipeline.task
    def tell(rows: totals) -> report:
        return rows

    assert permissions(pipeline.plan(), pipeline.graph()) == [
        Grant("add", "read", "dataset", "orders", "Database('warehouse')"),
        Grant("add", "read", "secret", "warehouse-url"),
        Grant("add", "write", "dataset", "totals", "Database('warehouse')"),
        Grant("tell", "read", "dataset", "totals", "Database('warehouse')"),
        Grant("tell", "read", "secret", "warehouse-url"),
        Grant("tell", "write", "dataset", "report", "workspace"),
    ]


def test_items_optional_inputs_and_several_outputs_are_datasets_like_any_other() -> None:
    pipeline, raw, maybe = Pipeline("etl"), Dataset("raw"), Dataset("maybe")
    good, bad, worse = Dataset("good"), Dataset("bad"), Dataset("worse")
    flag = Dataset("flag", storage=ObjectStorage("flags"))

    @pipeline.task
    def extract() -> raw:
        return [1]

    @pipeline.task(when=flag)
    def look() -> maybe:
        return [1]

    @pipeline.task
    def each(item: raw.each) -> good:
        return item

    @pipeline.task
    def rest(rows: raw, more: maybe | None = None) -> (bad, worse):
        return rows, more

    found = permissions(pipeline.plan(), pipeline.graph())
    assert [(one.task, one.access, one.name) for one in found] == [
        ("extract", "write", "raw"),
        ("look", "write", "maybe"),  # and not its condition
        ("each", "read", "raw"),
        ("each", "write", "good"),
        ("rest", "read", "raw"),
        ("rest", "read", "maybe"),
        ("rest", "write", "bad"),
        ("rest", "write", "worse"),
    ]


def test_what_annotations_cannot_know_is_used_by_one_task_alone() -> None:
    pipeline, raw, clean = Pipeline("etl"), Dataset("raw"), Dataset("clean")

    @pipeline.task(permissions=[Permission(["get", "put"], ["a", "b"]), Permission("get", "a")])
    def extract() -> raw:
        return [1]

    @pipeline.task(group="small")
    def tidy(rows: raw) -> clean:
        return rows

    found = permissions(pipeline.plan(), pipeline.graph())
    assert [one for one in found if one.kind == "permission"] == [
        Grant("extract", "use", "permission", action, resource)
        for action in ("get", "put")
        for resource in ("a", "b")
    ]


def test_a_group_may_have_the_name_of_its_own_task_alone() -> None:
    pipeline = Pipeline("etl")

    @pipeline.task(group="load")
    def load() -> None: ...

    @pipeline.task(group="load")
    def extract() -> None: ...

    assert [one.group for one in pipeline.plan().identities] == ["load", "load"]

    @pipeline.task(group="extract")
    def stray() -> None: ...

    with pytest.raises(InvalidOption, match=rf"stray .*group= .*{Path(__file__).name}:\d+\) has"):
        pipeline.graph()
