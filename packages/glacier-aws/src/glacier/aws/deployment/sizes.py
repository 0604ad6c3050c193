"""How large the function of a task is, and what is beyond Lambda."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from glacier.core.protocols import PipelineParts, Serverless

__all__ = ["Size", "objections_to", "size_of"]

_MEMORY = (128, 10240)
_LONGEST = 900  # seconds, of Lambda
_USUAL = 1024
_PER_PROCESSOR = 1769  # MiB with which a function has one processor


class Size(NamedTuple):
    """Memory in MiB, which brings processors with it, and seconds."""

    memory: int = _USUAL
    timeout: int = _LONGEST


def size_of(compute: Serverless | None) -> Size:
    """What is asked for; without any the usual memory, and all the time that there is."""
    if compute is None:
        return Size()
    memory = compute.memory or _USUAL
    if compute.cpu is not None:
        memory = max(compute.memory or _MEMORY[0], math.ceil(compute.cpu * _PER_PROCESSOR))
    return Size(memory, _LONGEST if compute.timeout is None else math.ceil(compute.timeout))


def objections_to(parts: PipelineParts) -> Iterator[str]:
    """Which tasks ask for more than there is, as sentences."""
    least, most = _MEMORY
    for task in parts.tasks:
        size, where = size_of(task.compute), f"task {task.name!r} ({task.place})"
        if not least <= size.memory <= most:
            processors = most / _PER_PROCESSOR
            yield (
                f"{where} asks for {size.memory} MiB: Lambda has {least} to {most}, and with those "
                f"{processors:.1f} processors"
            )
        step = parts.plan.steps[task.number]
        for name, seconds in (("compute", size.timeout), ("timeout", math.ceil(step.limit))):
            if seconds > _LONGEST:
                yield f"{where} asks for {seconds} s ({name}=): Lambda runs for {_LONGEST} at most"
