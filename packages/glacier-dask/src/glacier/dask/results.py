"""What workers send of a result, as a record of core again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from glacier.core.protocols import (
    PackedError,
    Step,
    TaskResult,
    TaskTimeout,
    unpack_error,
    warn_abandoned,
)
from glacier.dask.engine import cloudpickle

__all__ = ["received"]


def received(sent: Sequence[Any], *, step: Step, item: int | None) -> TaskResult:
    """A result without its outputs; of a call whose thread goes on, a warning is given here too."""
    state, started, duration, packed, reason, attempt, kept = sent
    error = None
    if packed is not None:
        error = unpack_error(PackedError(*packed), cloudpickle.loads, task=step.task)
        if isinstance(error, TaskTimeout) and not step.is_async and error.task == step.task:
            warn_abandoned(step, item)
    return TaskResult(
        state, (), started, duration, error, reason, attempt=attempt, kept=tuple(kept)
    )
