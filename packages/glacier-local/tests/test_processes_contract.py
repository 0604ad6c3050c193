"""The local executor with processes keeps the executor contract."""

from __future__ import annotations

from typing import Any

from glacier.core import Executor
from glacier.core.testing import ExecutorContract, StoringContract
from glacier.local import LocalExecutor


class TestProcesses(ExecutorContract):
    def make_executor(self, *, workers: int = 2, **options: Any) -> Executor:
        return LocalExecutor(workers=workers, processes=True, **options)


class TestStoringInProcesses(StoringContract):
    def make_executor(self, *, workers: int = 2, **options: Any) -> Executor:
        return LocalExecutor(workers=workers, processes=True, **options)
