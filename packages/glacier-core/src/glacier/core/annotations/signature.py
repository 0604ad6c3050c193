"""The signature of a task: what each of its function's parameters and its return stand for."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional, Tuple

from glacier.core.annotations.forms import UNKNOWN
from glacier.core.dataset import Dataset
from glacier.core.resources import Secret

__all__ = ["REQUIRED", "Argument", "ArgumentKind", "Output", "Signature"]


class _Required:
    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED: Any = _Required()
"""The default of an argument that has none."""


class ArgumentKind:
    """What an argument is filled with."""

    INPUT = "input"
    PARAMETER = "parameter"
    SECRET = "secret"
    CONTEXT = "context"
    FIXED = "fixed"
    """Keeps its default: its type is for people and type checkers only."""


# Named tuples rather than dataclasses: one is made for every parameter of every task.
class Argument(NamedTuple):
    """One parameter of a task's function."""

    name: str
    kind: str
    keyword: bool = False
    dataset: Optional[Dataset] = None
    secret: Optional[Secret] = None
    each: bool = False
    optional: bool = False
    default: Any = REQUIRED
    type: Any = UNKNOWN


class Output(NamedTuple):
    """One dataset that a task's function returns a value for."""

    dataset: Dataset
    type: Any = UNKNOWN


class Signature(NamedTuple):
    """All arguments in the function's order, and all outputs in the order of its return.

    ``many`` is true where the function returns one value per output (``-> (good, bad)``), even if
    that is a single one.
    """

    arguments: Tuple[Argument, ...]
    outputs: Tuple[Output, ...]
    many: bool
    is_async: bool
