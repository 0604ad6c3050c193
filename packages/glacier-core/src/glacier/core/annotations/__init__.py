"""From a function's annotations to what it reads, what it produces and what it is told.

``shape`` finds the function and its parameters, ``scope`` the names that are visible where it was
defined, ``evaluation`` turns annotations into objects (``legacy`` helps on old Pythons), which
``hints`` holds. ``forms`` says what one of them means (``checkers`` knows names for type checkers
only), and ``reader`` makes a ``signature`` of all.
"""

from __future__ import annotations

from glacier.core.annotations.forms import UNKNOWN
from glacier.core.annotations.hints import Hints, read_again, read_hints
from glacier.core.annotations.reader import read_signature
from glacier.core.annotations.shape import shape_of
from glacier.core.annotations.signature import REQUIRED, Argument, ArgumentKind, Output, Signature

__all__ = [
    "REQUIRED",
    "UNKNOWN",
    "Argument",
    "ArgumentKind",
    "Hints",
    "Output",
    "Signature",
    "read_again",
    "read_hints",
    "read_signature",
    "shape_of",
]
