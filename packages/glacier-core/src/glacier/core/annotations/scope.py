"""Evaluating annotations in the lexical scope of the function that they belong to.

Annotations are evaluated when the decorator runs, for only then do all Pythons agree: eager ones
are fixed at ``def``, while a deferred one (PEP 649) that is read later would see the last value of
a loop variable. Names are looked up as Python itself would: closure cells, enclosing functions
that are still running, module, builtins. A name that is nowhere, such as an import under
``if TYPE_CHECKING:``, becomes :class:`Missing`, which lets the rest of the annotation be read.
"""

from __future__ import annotations

import builtins
import sys
import typing
from functools import lru_cache
from types import CodeType, FrameType, FunctionType
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple, Union

from glacier.core.dataset import Dataset, Either

if sys.version_info >= (3, 9):
    from typing import get_args
else:
    from typing_extensions import get_args

if sys.version_info >= (3, 14):
    import annotationlib

__all__ = ["Broken", "Missing", "Scope", "evaluated", "is_local", "scope_of"]


class Missing:
    """Stands for a name that is not defined; whatever is done to it gives another of its kind."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name

    def __getattr__(self, attribute: str) -> Missing:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        return Missing(f"{self.name}.{attribute}")

    def __getitem__(self, _: object) -> Missing:
        return self

    def __call__(self, *_: object, **__: object) -> Missing:
        return self  # the typing forms of Python 3.10 and older ask for a callable

    def __or__(self, other: object) -> Either:
        return Either(self, other)

    def __ror__(self, other: object) -> Either:
        return Either(other, self)


class Broken:
    """Stands for an annotation whose evaluation raised."""

    def __init__(self, text: str, error: Exception) -> None:
        self.text = text
        self.error = error


class Scope(Dict[str, Any]):
    """The names that an annotation may use; an unknown one is :class:`Missing`."""

    def __init__(self, *layers: Mapping[str, Any]) -> None:
        super().__init__()
        self.layers = layers

    def __missing__(self, name: str) -> Any:
        for layer in self.layers:
            if name in layer:
                return layer[name]
        return getattr(builtins, name) if hasattr(builtins, name) else Missing(name)

    def visible(self) -> Iterator[Tuple[str, object]]:
        """Every name and value of the layers, for suggestions in errors."""
        for layer in self.layers:
            yield from list(layer.items())


def is_local(function: FunctionType) -> bool:
    """Whether the function was defined inside another function or a class."""
    return "." in function.__qualname__


def scope_of(function: FunctionType, frame: Optional[FrameType]) -> Scope:
    """The names visible where ``function`` was defined; ``frame`` is that of the decorated code."""
    layers: List[Mapping[str, Any]] = []
    if is_local(function):
        layers.append(_cells(function))
        if sys.version_info >= (3, 14) and function.__annotate__ is not None:
            layers.append(_cells(function.__annotate__))  # the cells that the annotations use
        layers.extend(_enclosing(function.__code__, frame))
    return Scope(*layers, function.__globals__)


def _cells(function: Any) -> Dict[str, Any]:
    found: Dict[str, Any] = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # the enclosing function has not bound it yet
            continue
    return found


def _enclosing(code: CodeType, frame: Optional[FrameType]) -> Iterator[Mapping[str, Any]]:
    """The locals of the running functions and classes whose text contains ``code``.

    Scope is lexical: a caller that merely happens to be on the stack is passed over.
    """
    while frame is not None:
        if frame.f_code.co_name != "<module>" and _contains(frame.f_code, code):
            yield dict(frame.f_locals)
        frame = frame.f_back


@lru_cache(maxsize=512)
def _contains(outer: CodeType, inner: CodeType) -> bool:
    return any(
        constant is inner or _contains(constant, inner)
        for constant in outer.co_consts
        if isinstance(constant, CodeType)
    )


def evaluated(function: FunctionType, scope: Scope) -> Dict[str, Any]:
    """Each annotation of ``function`` as an object."""
    if sys.version_info >= (3, 14):
        # inspect.signature() and __annotations__ raise NameError for names of type checkers only
        hints = annotationlib.get_annotations(function, format=annotationlib.Format.FORWARDREF)
    else:
        hints = function.__annotations__
    return {name: _evaluate(hint, scope) for name, hint in hints.items()}


def _evaluate(hint: Any, scope: Scope) -> Any:
    """Replace text by what it stands for, also inside typing forms."""
    if isinstance(hint, str):
        return _from_text(hint, scope)
    if isinstance(hint, (Dataset, type)):
        return hint
    if isinstance(hint, _ForwardRef):
        return _from_text(hint.__forward_arg__, scope)
    if isinstance(hint, tuple):
        return tuple(_evaluate(member, scope) for member in hint)
    metadata = getattr(hint, "__metadata__", None)
    if metadata is not None:
        inner = hint.__origin__
        return hint if not _has_text(inner) else _Rebuilt(_evaluate(inner, scope), metadata)
    if isinstance(hint, Either):
        return Either(*(_evaluate(member, scope) for member in hint.members))
    args = get_args(hint)
    if args and any(map(_has_text, args)):
        return _copy_with(hint, tuple(_evaluate(arg, scope) for arg in args))
    return hint


class _Rebuilt:
    """``Annotated[…]`` with its text evaluated: typing itself refuses some of these."""

    def __init__(self, origin: object, metadata: Tuple[object, ...]) -> None:
        self.__origin__ = origin
        self.__metadata__ = metadata


def _has_text(hint: object) -> bool:
    if isinstance(hint, (str, _ForwardRef)):
        return True
    if isinstance(hint, Either):
        return any(map(_has_text, hint.members))
    if hasattr(hint, "__metadata__"):
        return _has_text(hint.__origin__)  # type: ignore[attr-defined]  # Annotated has both
    if getattr(hint, "__origin__", None) is typing.Literal:
        return False
    return any(map(_has_text, get_args(hint)))


def _copy_with(hint: Any, args: Tuple[Any, ...]) -> Any:
    if getattr(hint, "__origin__", None) is Union:
        return Either(*args)
    try:
        return hint.copy_with(args) if hasattr(hint, "copy_with") else hint.__origin__[args]
    except TypeError:
        return hint


_ForwardRef: Any = typing.ForwardRef


def _from_text(text: str, scope: Scope) -> Any:
    text = text.strip()
    if text.isidentifier():
        return _evaluate_again(scope[text], scope)
    try:
        return _evaluate_again(_run(text, _compiled(text), scope), scope)
    except Exception as error:
        return Broken(text, error)


def _evaluate_again(value: Any, scope: Scope) -> Any:
    if isinstance(value, (str, Dataset, type)) or not _has_text(value):
        return value
    return _evaluate(value, scope)


@lru_cache(maxsize=1024)
def _compiled(text: str) -> CodeType:
    return compile(f"({text}\n)", "<annotation>", "eval")


def _run(text: str, code: CodeType, scope: Scope) -> Any:
    try:
        return eval(code, {"__builtins__": {}}, scope)
    except TypeError:
        if sys.version_info >= (3, 10):
            raise
    return eval(_modernised(text), {"__builtins__": {}}, Scope(_MODERN, *scope.layers))


@lru_cache(maxsize=1024)
def _modernised(text: str) -> CodeType:
    """Let Python 3.8 and 3.9 read ``int | None`` and ``list[int]`` in postponed annotations."""
    import ast

    class Modernise(ast.NodeTransformer):
        def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
            self.generic_visit(node)
            if not isinstance(node.op, ast.BitOr):
                return node
            either = ast.Name("__either__", ast.Load())
            return ast.copy_location(ast.Call(either, [node.left, node.right], []), node)

        def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
            self.generic_visit(node)
            if isinstance(node.value, ast.Name) and f"__{node.value.id}__" in _MODERN:
                alias = ast.Name(f"__{node.value.id}__", ast.Load())
                node.value = ast.copy_location(alias, node.value)
            return node

    tree = ast.fix_missing_locations(Modernise().visit(ast.parse(f"({text}\n)", mode="eval")))
    return compile(tree, "<annotation>", "eval")


def _either(left: object, right: object) -> object:
    if isinstance(left, (Either, Missing)) or isinstance(right, (Either, Missing)):
        return Either(left, right)
    try:
        return Union.__getitem__((left, right))
    except TypeError:
        return Either(left, right)


_MODERN: Mapping[str, object] = {
    "__dict__": typing.Dict,
    "__either__": _either,
    "__frozenset__": typing.FrozenSet,
    "__list__": typing.List,
    "__set__": typing.Set,
    "__tuple__": typing.Tuple,
    "__type__": typing.Type,
}
