"""Stored datasets with executors that keep everything in memory."""

from __future__ import annotations

import pytest

from glacier.core import Dataset, ObjectStorage, Pipeline
from glacier.core.errors import CannotResume, NothingStored
from glacier.core.testing import InlineExecutor, run


def shop() -> Pipeline:
    pipeline, orders = Pipeline("shop"), Dataset("orders", storage=ObjectStorage("lake"))
    total = Dataset("total", storage=ObjectStorage("lake"))

    @pipeline.task
    def add(rows: orders) -> total:
        return sum(rows)

    return pipeline


def test_a_stored_dataset_is_fed_as_any_other_and_its_value_stays_in_memory() -> None:
    assert run(shop(), inputs={"orders": [1, 2]})["total"] == 3


def test_one_that_is_neither_made_nor_fed_is_asked_for() -> None:
    with pytest.raises(NothingStored, match=r"'add' reads 'orders' from its storage.*inputs="):
        run(shop())


def test_an_executor_that_stores_nothing_cannot_resume() -> None:
    with pytest.raises(CannotResume, match="this executor stores nothing"):
        InlineExecutor().execute(shop(), inputs={"orders": []}, resume="20260131T120000.000000Z-a")
