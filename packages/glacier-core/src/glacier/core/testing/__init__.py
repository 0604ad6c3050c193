"""For tests: run a pipeline or one task inline; suites for executors and for providers.

``ExecutorContract``, ``StoringContract`` and ``ProviderContract`` are suites to subclass; the last
is imported when it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List

from glacier.core.testing.clock import FakeClock
from glacier.core.testing.contract import ExecutorContract
from glacier.core.testing.contract_storing import StoringContract
from glacier.core.testing.inline import InlineExecutor, run, run_task

if TYPE_CHECKING:
    from glacier.core.testing.contract_provider import ProviderContract

__all__ = [
    "ExecutorContract",
    "FakeClock",
    "InlineExecutor",
    "ProviderContract",
    "StoringContract",
    "run",
    "run_task",
]


def __getattr__(name: str) -> Any:
    if name != "ProviderContract":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from glacier.core.testing.contract_provider import ProviderContract

    return ProviderContract


def __dir__() -> List[str]:
    return sorted(__all__)
