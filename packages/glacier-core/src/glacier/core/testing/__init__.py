"""For tests: run a pipeline or one task inline, and prove that an executor keeps the contract."""

from __future__ import annotations

from glacier.core.testing.clock import FakeClock
from glacier.core.testing.contract import ExecutorContract
from glacier.core.testing.contract_storing import StoringContract
from glacier.core.testing.inline import InlineExecutor, run, run_task

__all__ = ["ExecutorContract", "FakeClock", "InlineExecutor", "StoringContract", "run", "run_task"]
