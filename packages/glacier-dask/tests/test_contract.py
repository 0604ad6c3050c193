"""The Dask executor keeps the executor contract, in this process and on worker processes."""

from __future__ import annotations

import pytest

from glacier.core import Executor
from glacier.core.testing import ExecutorContract
from glacier.dask import DaskExecutor


class OnCluster(ExecutorContract):
    """The contract on a cluster whose address a fixture sets."""

    addresses: dict[int, str]

    def make_executor(self, *, workers: int = 2, fail_fast: bool = False) -> Executor:
        return DaskExecutor(self.addresses[workers], fail_fast=fail_fast)


class TestThreads(OnCluster):
    @pytest.fixture(autouse=True)
    def _clusters(self, threads: str, alone: str) -> None:
        self.addresses = {1: alone, 2: threads}


class TestProcesses(OnCluster):
    @pytest.fixture(autouse=True)
    def _clusters(self, processes: str, alone: str) -> None:
        self.addresses = {1: alone, 2: processes}
