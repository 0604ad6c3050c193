"""What workers send of a result, as a record of core again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from glacier.core.protocols import PackedError, TaskResult, unpack_error
from glacier.dask.engine import cloudpickle

__all__ = ["received"]


def received(sent: Sequence[Any], *, task: str) -> TaskResult:
    """A result without its outputs."""
    state, started, duration, packed, reason, attempt, kept = sent
    error = None
    if packed is not None:
        error = unpack_error(PackedError(*packed), cloudpickle.loads, task=task)
    return TaskResult(
        state, (), started, duration, error, reason, attempt=attempt, kept=tuple(kept)
    )
