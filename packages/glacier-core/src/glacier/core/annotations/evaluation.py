"""Evaluating the annotations of a function in its scope.

They are evaluated when the decorator runs, for only then do all Pythons agree: eager ones are fixed
at ``def``, while a deferred one (PEP 649) that is read later would see the last value of a loop
variable. A name that is nowhere, such as an import under ``if TYPE_CHECKING:``, becomes
:class:`~glacier.core.annotations.scope.Missing`, which lets the rest be read.
"""

from __future__ import annotations

import builtins
import sys
import typing
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any, Dict, Tuple

from glacier.core.annotations.scope import Missing, Scope
from glacier.core.dataset import Dataset, Either
from glacier.core.typeforms import (
    Annotated,
    get_args,
    get_origin,
    is_alias,
    is_literal,
    members_of_union,
)

if sys.version_info >= (3, 14):
    import annotationlib

__all__ = ["Broken", "evaluate", "hints_of"]

_CALLABLE: Any = typing.Callable
_ForwardRef: Any = typing.ForwardRef


class Broken:
    """Stands for an annotation whose evaluation raised."""

    def __init__(self, text: str, error: Exception) -> None:
        self.text = text
        self.error = error


def hints_of(function: FunctionType) -> Dict[str, Any]:
    """The annotations of a function as they stand there: objects, or text still to be evaluated."""
    try:
        return function.__annotations__
    except Exception:  # deferred evaluation may raise anything, NameError above all
        if sys.version_info >= (3, 14):
            return annotationlib.get_annotations(function, format=annotationlib.Format.STRING)
        raise


def evaluate(hint: Any, scope: Scope) -> Any:
    """What an annotation stands for, its text replaced by objects, also inside typing forms."""
    if isinstance(hint, str):
        return _from_text(hint, scope)
    if isinstance(hint, Dataset) or type(hint) is type:
        return hint
    if isinstance(hint, _ForwardRef):
        return _from_text(hint.__forward_arg__, scope)
    if type(hint) in (tuple, list):
        return type(hint)([evaluate(member, scope) for member in hint])
    if isinstance(hint, Either):
        return Either(*[evaluate(member, scope) for member in hint.members])
    metadata = getattr(hint, "__metadata__", None)
    if metadata is not None:
        return _annotated(hint, hint.__origin__, metadata, scope)
    if is_alias(get_origin(hint) or hint):
        return _from_alias(hint, scope)
    args = () if is_literal(hint) else get_args(hint)
    fresh = tuple([evaluate(arg, scope) for arg in args])
    if all(map(_same, fresh, args)):
        return hint
    return Either(*fresh) if members_of_union(hint) else _with_arguments(hint, fresh)


def _same(fresh: object, given: object) -> bool:
    return fresh is given or (isinstance(given, list) and fresh == given)


def _annotated(hint: Any, origin: Any, metadata: Tuple[Any, ...], scope: Scope) -> Any:
    fresh = evaluate(origin, scope)
    notes = tuple([_note(note, scope) if isinstance(note, str) else note for note in metadata])
    if fresh is origin and notes == metadata:
        return hint
    try:
        return Annotated[(fresh, *notes)]
    except TypeError as error:
        return Broken(repr(hint), error)


def _note(note: str, scope: Scope) -> object:
    """Text beside a type is a remark, unless it is the name of a dataset."""
    name, _, attribute = note.partition(".")
    if attribute in ("", "each") and name.isidentifier() and isinstance(scope[name], Dataset):
        return Broken(note, TypeError("inside Annotated a dataset stands without quotes"))
    return note


def _from_alias(alias: Any, scope: Scope) -> Any:
    outer = scope.running
    if alias in outer:  # type Json = dict[str, Json] | …
        return alias
    scope.running = (*outer, alias)
    try:
        origin = get_origin(alias) or alias
        value = evaluate(origin.__value__, scope)
        args = evaluate(get_args(alias), scope)
        return value[args] if args else value
    except NameError as error:
        return Missing(getattr(error, "name", None) or str(error), alias=repr(alias))
    except Exception as error:
        return Broken(repr(alias), error)
    finally:
        scope.running = outer


def _with_arguments(hint: Any, args: Tuple[Any, ...]) -> Any:
    try:
        if get_origin(hint) is _CALLABLE.__origin__:
            return _CALLABLE[args]
        return hint.copy_with(args) if hasattr(hint, "copy_with") else get_origin(hint)[args]
    except TypeError as error:
        return Broken(repr(hint), error)


def _from_text(text: str, scope: Scope) -> Any:
    try:
        value = scope[text] if text.isidentifier() else _run(text.strip(), scope)
    except Exception as error:
        return Broken(text, error)
    if isinstance(value, Dataset) or type(value) is type:
        return value
    outer = scope.running
    if text in outer:
        return Broken(text, RecursionError("it refers to itself"))
    scope.running = (*outer, text)
    try:
        return evaluate(value, scope)
    finally:
        scope.running = outer


def _run(text: str, scope: Scope) -> Any:
    code, function = _compiled(text), scope.function
    if "(" in text:  # it may declare a dataset: then that is declared where the function is
        code = code.replace(
            co_name="<annotation>",
            co_filename=function.__code__.co_filename,
            co_firstlineno=function.__code__.co_firstlineno,
        )
    # Every name is found in the scope; typing's own code imports by means of these builtins.
    names = {"__builtins__": vars(builtins), "__name__": function.__module__}
    try:
        return eval(code, names, scope)
    except TypeError:
        if sys.version_info >= (3, 10):
            raise
    from glacier.core.annotations.legacy import run_modernised

    return run_modernised(text, names, scope)


@lru_cache(maxsize=1024)
def _compiled(text: str) -> CodeType:
    try:
        # In brackets it may go over several lines, and end in a comment; but not be nothing.
        return compile(f"({text}\n)" if text else "", "<annotation>", "eval")
    except SyntaxError:
        return compile(text, "<annotation>", "eval")  # for an error that knows of no brackets
