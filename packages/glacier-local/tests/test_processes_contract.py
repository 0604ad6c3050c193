"""The local executor with processes keeps the executor contract."""

from __future__ import annotations

from glacier.core import Executor
from glacier.core.testing import ExecutorContract
from glacier.local import LocalExecutor


class TestProcesses(ExecutorContract):
    def make_executor(self, *, workers: int = 2, fail_fast: bool = False) -> Executor:
        return LocalExecutor(workers=workers, processes=True, fail_fast=fail_fast)
