"""What the command line asks for."""

from __future__ import annotations

from typing import NamedTuple, Optional, Sequence

__all__ = ["ROOT", "Order"]

ROOT = "pulumi:pulumi:Stack"
"""The type of the resource that the others are parts of."""


class Order(NamedTuple):
    """One operation, as the command line asks for it."""

    operation: str
    stack: str
    client: Optional[str] = None
    event_log: Optional[str] = None
    targets: Sequence[str] = ()
