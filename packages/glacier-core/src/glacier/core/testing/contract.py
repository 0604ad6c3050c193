"""What every executor must do, as one suite of tests: subclass it and say how to make yours.

::

    class TestMyExecutor(ExecutorContract):
        def make_executor(self, *, workers: int = 2, **options: Any) -> Executor:
            return MyExecutor(workers=workers, **options)

The methods are collected by pytest and need nothing of it.
"""

from __future__ import annotations

from glacier.core.testing.contract_attempts import AttemptContract
from glacier.core.testing.contract_events import EventContract
from glacier.core.testing.contract_failures import FailureContract
from glacier.core.testing.contract_flow import FlowContract
from glacier.core.testing.contract_limits import LimitContract
from glacier.core.testing.contract_values import ValueContract

__all__ = ["ExecutorContract"]


class ExecutorContract(
    ValueContract, FlowContract, FailureContract, EventContract, AttemptContract, LimitContract
):
    """All that a run promises, whatever it runs on."""
