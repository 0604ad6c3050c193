"""What the parts of the executor contract share."""

from __future__ import annotations

import sys
from typing import Any, Callable, List, Type, TypeVar

from glacier.core.contracts import Executor
from glacier.core.events import Event

if sys.version_info >= (3, 9):
    from typing import Annotated
else:
    from typing_extensions import Annotated

__all__ = ["Annotated", "ContractBase", "Recorder", "caught"]

E = TypeVar("E", bound=BaseException)


class ContractBase:
    """The one thing that a subclass must say."""

    def make_executor(self, *, workers: int = 2, **options: Any) -> Executor:
        """An executor that runs so many tasks at a time, and goes by the time of the machine.

        ``options`` are some of ``fail_fast`` and ``concurrency``, as ``LocalExecutor`` has them.
        """
        raise TypeError(f"{type(self).__name__} must define make_executor()")


class Recorder:
    """A listener that keeps what it is told."""

    def __init__(self) -> None:
        self.events: List[Event] = []

    def __call__(self, event: Event, /) -> None:
        self.events.append(event)

    def of(self, kind: Type[Any]) -> List[Any]:
        """The events of one kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]


def caught(kind: Type[E], call: Callable[[], object]) -> E:
    """The error of the given kind that a call raises."""
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was not raised")
