"""The annotations of one function, evaluated; what they mean is read later.

In between a task may wait: a name that is not defined at the decorator may be by the time the graph
is inferred.
"""

from __future__ import annotations

from types import FrameType
from typing import Any, Callable, Dict, NamedTuple, Optional

from glacier.core.annotations.evaluation import evaluate, hints_of
from glacier.core.annotations.forms import missing_in
from glacier.core.annotations.scope import Scope, is_local
from glacier.core.annotations.shape import Shape, shape_of
from glacier.core.errors import InvalidAnnotation
from glacier.core.place import Where

__all__ = ["Hints", "read_again", "read_hints"]


class Hints(NamedTuple):
    """The annotations of one function: as they stand there, and evaluated."""

    shape: Shape
    written: Dict[str, Any]
    values: Dict[str, Any]
    scope: Scope
    missing: bool
    """Whether a name in them is not defined that may be a dataset."""

    @property
    def open(self) -> bool:
        """Whether such a name may be defined by the time the graph is inferred."""
        return self.missing and not is_local(self.shape.function)


def read_hints(target: Callable[..., Any], *, where: Where, frame: Optional[FrameType]) -> Hints:
    """Evaluate the annotations of a callable; ``frame`` is that of the decorated code.

    Raises :class:`~glacier.core.errors.InvalidAnnotation` where there is no Python function.
    """
    shape = shape_of(target)
    if shape is None:
        raise InvalidAnnotation(
            where=str(where),
            subject=repr(target),
            reason="is not a Python function, so it has no annotations to read.",
            mend="Wrap it in a function with annotations.",
        )
    try:
        written = hints_of(shape.function)
    except Exception as error:
        raise InvalidAnnotation(
            where=str(where),
            subject="an annotation",
            reason=f"cannot be evaluated ({type(error).__name__}: {error}).",
            mend="Correct the annotation.",
        ) from error
    scope = Scope(shape.function, frame)
    values = {name: evaluate(hint, scope) for name, hint in written.items()}
    return Hints(shape, written, values, scope, any(map(missing_in, values.values())))


def read_again(hints: Hints) -> Hints:
    """Evaluate once more what was not defined; names that were keep their first meaning."""
    scope = Scope(hints.shape.function, None, hints.scope)
    values = {
        name: evaluate(hints.written[name], scope) if missing_in(value) else value
        for name, value in hints.values.items()
    }
    return hints._replace(values=values, scope=scope)
