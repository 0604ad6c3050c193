"""The inline executor keeps the executor contract."""

from __future__ import annotations

from glacier.core.contracts import Executor
from glacier.core.testing import ExecutorContract, InlineExecutor


class TestInlineExecutor(ExecutorContract):
    def make_executor(self, *, workers: int = 2, fail_fast: bool = False) -> Executor:
        return InlineExecutor(fail_fast=fail_fast)
