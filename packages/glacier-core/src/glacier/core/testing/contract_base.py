"""What the parts of the executor contract share."""

from __future__ import annotations

import sys
from functools import wraps
from typing import Any, Callable, ClassVar, List, Mapping, NoReturn, Type, TypeVar

from glacier.core.contracts import Executor
from glacier.core.events import Event

if sys.version_info >= (3, 9):
    from typing import Annotated
else:
    from typing_extensions import Annotated

__all__ = ["Annotated", "ContractBase", "Recorder", "WithGaps", "caught"]

E = TypeVar("E", bound=BaseException)


class WithGaps:
    """A suite of tests of which some cannot hold somewhere, each for a reason that is written down.

    They run there too: one that passes is a failure, so that no gap outlives its reason.
    """

    gaps: ClassVar[Mapping[str, str]] = {}
    """The names of the tests that cannot hold, with the reasons."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name, reason in vars(cls).get("gaps", {}).items():
            if not hasattr(cls, name):
                raise TypeError(f"{cls.__name__}.gaps names {name!r}, and there is no such test")
            setattr(cls, name, _expected_to_fail(getattr(cls, name), reason))


def _expected_to_fail(test: Callable[..., None], reason: str) -> Callable[..., None]:
    @wraps(test)
    def run(self: object) -> None:
        try:
            test(self)
        except Exception:
            _note_gap(reason)
        raise AssertionError(f"{test.__name__} passes now: take it out of the gaps ({reason})")

    return run


def _note_gap(reason: str) -> NoReturn:
    import pytest  # only where there is a gap, and pytest that runs the suite

    pytest.xfail(reason)


class ContractBase(WithGaps):
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
