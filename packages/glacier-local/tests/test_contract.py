"""The local executor keeps the executor contract, with one worker and with several."""

from __future__ import annotations

from typing import Any

from glacier.core import Executor
from glacier.core.testing import ExecutorContract, StoringContract
from glacier.local import LocalExecutor


class TestThreads(ExecutorContract):
    def make_executor(self, *, workers: int = 2, **options: Any) -> Executor:
        return LocalExecutor(workers=workers, **options, history=False)


class TestManyThreads(ExecutorContract):
    def make_executor(self, *, workers: int = 2, **options: Any) -> Executor:
        return LocalExecutor(1 if workers == 1 else 16, **options, history=False)


class TestStoringOnThreads(StoringContract):
    def make_executor(self, *, workers: int = 2, **options: Any) -> Executor:
        return LocalExecutor(workers=workers, **options)
