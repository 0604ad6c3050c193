"""What stands on the workers in place of a value, and where a value is on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from glacier.core.protocols import State

__all__ = ["Box", "Gone", "Item", "Spot"]


class Gone(NamedTuple):
    """The result of a step that has none: its readers are skipped or upstream_failed by it."""

    state: State


class Box:
    """Holds something that Dask must not look into for references to other tasks."""

    __slots__ = ("what",)

    def __init__(self, what: Any) -> None:
        self.what = what

    def __reduce__(self) -> tuple[object, ...]:
        return Box, (self.what,)


class Item(NamedTuple):
    """Stands in a program for the input that each call is given its own item of."""


class Spot(NamedTuple):
    """Where a value is: the result of a Dask task, or with ``pick`` one part of that.

    ``parts`` are the items of a collected one, as long as somebody maps over them.
    """

    future: Any
    pick: int = -1
    parts: Sequence[Any] | None = None
