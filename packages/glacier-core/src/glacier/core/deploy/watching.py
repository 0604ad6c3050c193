"""What the engine tells while it works: the steps that it takes, and what it says of failures."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, List, Mapping, Optional, Set

from glacier.core.deploy.record import Step
from glacier.core.errors import Failure

__all__ = ["Tell", "Watch", "kind_and_name"]

Tell = Callable[[Step], object]

_COLORS = re.compile(r"<\{%.*?%\}>|\x1b\[[\d;]*m")
_STACK = "pulumi:pulumi:Stack"
# A replacement is told in three steps, of which one is the resource's.
_QUIET = ("create-replacement", "delete-replaced", "discard-replaced", "read", "refresh", "same")


class Watch:
    """Listens to one operation. ``is_plan`` is one that only says what it would do.

    ``operations`` are all that is done with a resource, by its address, the quiet ones too.
    """

    def __init__(self, tell: Optional[Tell] = None, *, is_plan: bool = False) -> None:
        self.steps: List[Step] = []
        self.failures: List[Failure] = []
        self.changes: Dict[str, int] = {}
        self.operations: Dict[str, Set[str]] = {}
        self.done = 0
        self._tell = tell
        self._is_plan = is_plan

    def __call__(self, event: Any) -> None:
        """Take in one event, on whatever thread it comes."""
        step = event.resource_pre_event if self._is_plan else event.res_outputs_event
        if step is not None:
            self._step(step.metadata)
        if event.diagnostic_event is not None and event.diagnostic_event.severity == "error":
            self._fail(event.diagnostic_event)
        if event.summary_event is not None:
            self.changes = _counts(event.summary_event.resource_changes)

    def _step(self, found: Any) -> None:
        operation = _text(found.op)
        self.operations.setdefault(found.urn, set()).add(operation)
        if found.type == _STACK or operation in _QUIET:
            return
        self.done += 1
        step = Step(operation, found.type, found.urn.rpartition("::")[2])
        self.steps.append(step)
        if self._tell is not None:
            self._tell(step)

    def _fail(self, found: Any) -> None:
        text = _COLORS.sub("", found.message).strip()
        resource = kind_and_name(found.urn or "")
        if text:
            self.failures.append(Failure("" if resource.startswith(_STACK) else resource, text))


def kind_and_name(urn: str) -> str:
    """The type and the name in the address of a resource."""
    if not urn:
        return ""
    kinds, _, name = urn.rpartition("::")
    return f"{kinds.rpartition('::')[2].rpartition('$')[2]} {name}"


def _counts(found: Mapping[Any, int]) -> Dict[str, int]:
    """How many resources each operation is done with, the stack itself among those that stay."""
    return {_text(key): int(value) for key, value in found.items() if value}


def _text(operation: Any) -> str:
    return str(getattr(operation, "value", operation))
