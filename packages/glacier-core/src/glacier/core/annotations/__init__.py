"""From a function's annotations to what it reads, what it produces and what it is told.

``shape`` finds the function and its parameters, ``scope`` evaluates annotations where it was
defined, ``forms`` says what one annotation means, and ``signature`` puts them together.
"""

from __future__ import annotations

from glacier.core.annotations.forms import UNKNOWN
from glacier.core.annotations.shape import shape_of
from glacier.core.annotations.signature import (
    REQUIRED,
    Argument,
    ArgumentKind,
    Hints,
    Output,
    Signature,
    read_again,
    read_hints,
    read_signature,
)

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
