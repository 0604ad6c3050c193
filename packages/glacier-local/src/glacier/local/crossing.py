"""Exceptions on their way from a worker, in messages between the two processes."""

from __future__ import annotations

from typing import Any, List, Sequence, Tuple

from glacier.core.protocols import PackedError, Value, pack_error, unpack_error
from glacier.local.holdings import open_wire, wire
from glacier.local.segment import Segment

__all__ = ["receive_error", "send_error"]


def send_error(error: BaseException, segments: List[Segment]) -> Tuple[Any, ...]:
    """An error as part of a message; one that cannot be pickled goes as text."""
    return tuple(pack_error(error, lambda recipe: wire(Value(recipe), segments)))


def receive_error(
    sent: Tuple[Any, ...], segments: Sequence[Segment], *, task: str
) -> BaseException:
    """The error in a message, with the worker's traceback for its cause."""
    return unpack_error(PackedError(*sent), lambda pickled: open_wire(pickled, segments), task=task)
