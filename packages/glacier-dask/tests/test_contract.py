"""The Dask executor keeps the executor contract, in this process and on worker processes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import pytest

from glacier.core import Dataset, Executor, Pipeline, Secret
from glacier.core.errors import MissingSecret
from glacier.core.testing import ExecutorContract, StoringContract
from glacier.dask import DaskExecutor


class OnCluster:
    """A contract on clusters whose addresses a fixture sets, by how many tasks they run at once;
    what is executed there is disconnected after each test."""

    history = False  # a run that fails can be gone on from only where there is one
    addresses: dict[int, str]
    made: list[DaskExecutor]

    def make_executor(self, *, workers: int = 2, **options: Any) -> Executor:
        executor = DaskExecutor(self.addresses[workers], history=self.history, **options)
        self.made.append(executor)
        return executor

    @contextmanager
    def on(self, addresses: dict[int, str]) -> Iterator[None]:
        self.addresses, self.made = addresses, []
        yield
        for executor in self.made:
            executor.close()


class TestThreads(OnCluster, ExecutorContract):
    @pytest.fixture(autouse=True)
    def _clusters(self, threads: str, alone: str) -> Iterator[None]:
        with self.on({1: alone, 2: threads}):
            yield


class TestProcesses(OnCluster, ExecutorContract):
    @pytest.fixture(autouse=True)
    def _clusters(self, processes: str, alone: str) -> Iterator[None]:
        with self.on({1: alone, 2: processes}):
            yield

    def test_a_secret_is_read_just_before_the_call(self) -> None:
        """Of a worker process, whose environment is its own: no secret goes over the network."""
        variable = "GLACIER_SECRET_CONTRACT_KEY"
        pipeline = Pipeline("secrets")

        @pipeline.task
        def use(key: Annotated[str, Secret("contract-key")]) -> Annotated[int, Dataset("length")]:
            return len(key)

        with DaskExecutor(self.addresses[2], history=False) as executor:
            os.environ[variable] = "here it is of no use"
            try:
                with pytest.raises(MissingSecret, match="contract-key"):
                    executor.execute(pipeline)
            finally:
                del os.environ[variable]
            executor.client.run(lambda: os.environ.update({variable: "four"}))
            try:
                assert executor.execute(pipeline)["length"] == 4
            finally:
                executor.client.run(lambda: os.environ.pop(variable))


class TestStoringOnThreads(OnCluster, StoringContract):
    history = True

    @pytest.fixture(autouse=True)
    def _clusters(self, threads: str) -> Iterator[None]:
        with self.on({2: threads}):
            yield


class TestStoringInProcesses(OnCluster, StoringContract):
    history = True

    @pytest.fixture(autouse=True)
    def _clusters(self, processes: str) -> Iterator[None]:
        with self.on({2: processes}):
            yield
