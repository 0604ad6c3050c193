"""The inline executor keeps the executor contract."""

from __future__ import annotations

from typing import Any

from glacier.core.clock import SystemClock
from glacier.core.contracts import Executor
from glacier.core.testing import ExecutorContract, InlineExecutor


class TestInlineExecutor(ExecutorContract):
    def make_executor(self, *, workers: int = 2, **options: Any) -> Executor:
        return InlineExecutor(clock=SystemClock(), **options)
