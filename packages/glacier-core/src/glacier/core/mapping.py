"""A mapped step while it runs: one call per item, the results collected in order."""

from __future__ import annotations

from time import perf_counter, time
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    Optional,
    Sequence,
    Sized,
    Tuple,
    Type,
    Union,
    cast,
)

from glacier.core.contracts import Ref, State, TaskCall, TaskResult
from glacier.core.errors import NotMappable

__all__ = ["Expansion", "Key", "count_of", "items_of"]


class Expansion:
    """Hands out the calls of a mapped step and puts their results together.

    After the first failure no further item starts. An item that raises ``Skip`` leaves no result.
    ``kept`` and ``stored`` are, by output, what came of those whose items are stored.
    """

    __slots__ = (
        "call", "clock", "ended", "error", "exhausted", "items", "kept", "next", "number",
        "results", "running", "started", "stored", "total",
    )  # fmt: skip

    def __init__(
        self, number: int, call: TaskCall, items: Iterator[Ref], total: Optional[int] = None
    ) -> None:
        self.started, self.clock = time(), perf_counter()
        self.ended = False
        self.number = number
        self.call = call
        self.items = items
        self.total = total
        self.next = 0
        self.running = 0
        self.results: Dict[int, TaskResult] = {}
        self.error: Optional[TaskResult] = None
        self.exhausted = False
        self.kept: Dict[int, Any] = {}
        self.stored: Dict[int, Ref] = {}

    def next_call(self) -> Optional[TaskCall]:
        """The call of the next item, or ``None`` when there is no more to start."""
        if self.exhausted:
            return None
        try:
            item = next(self.items)
        except StopIteration:
            self.exhausted = True
            return None
        except Exception as error:  # the value iterates by code of its own
            self.fail(TaskResult(State.FAILED, (), None, 0.0, error))
            return None
        call, each = self.call, self.call.step.each
        inputs = (*call.inputs[:each], item, *call.inputs[each + 1 :])
        call = call._replace(inputs=inputs, item=self.next)
        self.next += 1
        self.running += 1
        return call

    def add(self, item: int, result: TaskResult) -> None:
        """Take in the result of one item."""
        self.running -= 1
        if result.state is State.FAILED:
            if result.error is not None and hasattr(result.error, "add_note"):
                result.error.add_note(f"while {self.call.step.task!r} ran on item {item}")
            self.fail(result)
        elif result.state is State.CANCELLED:
            self.fail(result)  # a list without this item would not be the whole
        elif result.state is State.SUCCEEDED:
            self.results[item] = result

    def fail(self, result: TaskResult) -> None:
        """Start no further item; the first failure is the step's, whatever was cancelled before."""
        self.exhausted = True
        if self.error is None or (
            result.state is State.FAILED and self.error.state is not State.FAILED
        ):
            self.error = result

    def stop(self, reason: str) -> None:
        """Start no further item; a list without these would not be the whole."""
        if not self.exhausted and self.next != self.total:
            self.fail(TaskResult(State.CANCELLED, (), None, 0.0, None, reason))
        self.exhausted = True

    @property
    def ended_items(self) -> int:
        """How many items have come to their end."""
        return self.next - self.running

    @property
    def done(self) -> bool:
        """Whether nothing runs and nothing more will start."""
        return self.exhausted and not self.running

    def result(self, collect: Callable[[Sequence[Ref]], Ref]) -> TaskResult:
        """The result of the whole step: each of its outputs is what ``collect`` makes of those of
        the items, in their order."""
        started, duration = self.started, perf_counter() - self.clock
        if self.error is not None:
            return self.error._replace(started=started, duration=duration)
        ordered = [self.results[item].outputs for item in sorted(self.results)]
        numbers = range(len(self.call.step.outputs))
        outputs: List[Ref] = [
            self.stored[output]
            if output in self.stored
            else collect([cast("Ref", refs[output]) for refs in ordered])
            for output in numbers
        ]
        kept = tuple([self.kept.get(output) for output in numbers]) if self.kept else ()
        attempt = 1
        if self.call.step.policy is not None:
            attempt = max([result.attempt for result in self.results.values()], default=1)
        return TaskResult(
            State.SUCCEEDED, tuple(outputs), started, duration, attempt=attempt, kept=kept
        )


Key = Union[int, Tuple[Expansion, int]]
"""What a call belongs to: a step, or an item of a mapped step."""


def items_of(value: object, *, task: str, dataset: str) -> Iterator[Any]:
    """The items of a mapped dataset.

    Raises :class:`~glacier.core.errors.NotMappable` for what has none, and for what would be taken
    apart in a way that is hardly meant: text by letters, a mapping by keys, a table by columns.
    """
    kind: Type[object] = type(value)
    taken_apart = issubclass(kind, _TAKEN_APART) or _is_table(kind)
    if hasattr(kind, "__iter__") and not taken_apart:
        return iter(cast("Iterable[Any]", value))
    raise NotMappable(where=task, dataset=dataset, found=_found(kind))


def count_of(value: object) -> Optional[int]:
    """How many items a value says that it has."""
    try:
        return len(cast("Sized", value))
    except Exception:  # an iterator has no length, and others may fail to tell theirs
        return None


_TAKEN_APART: Tuple[Type[Any], ...] = (str, bytes, bytearray, Mapping)


def _is_table(kind: Type[object]) -> bool:
    # The data frame interchange protocol: pandas, polars and Arrow tables have it.
    return hasattr(kind, "__dataframe__") or hasattr(kind, "__arrow_c_stream__")


def _found(kind: Type[object]) -> str:
    if _is_table(kind):
        return f"a table ({kind.__module__.partition('.')[0]}.{kind.__qualname__})"
    return f"a {kind.__qualname__}"
