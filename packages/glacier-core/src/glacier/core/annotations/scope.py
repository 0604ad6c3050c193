"""The names that the annotations of a function may use, found as Python itself would find them.

Scope is lexical: the class that a function stands in, its closure, the functions around it, its
module, builtins. The functions around it are looked up on the stack, for a postponed annotation
leaves no closure. One that has returned is not there any more: its names are :class:`Missing`
rather than taken from further out.
"""

from __future__ import annotations

import builtins
from types import CodeType, FrameType, FunctionType
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from glacier.core.dataset import Either

__all__ = ["Missing", "Scope", "is_local"]

_OPTIMIZED = 0x01  # set for functions, not for classes and modules
_MISSING = object()


class Missing:
    """Stands for a name that is not defined; whatever is done to it gives another of its kind.

    ``gone`` is the function that defines it and has returned, ``alias`` the type alias that uses
    it, and ``inside`` what it was subscribed or called with.
    """

    def __init__(
        self, name: str, *, gone: str = "", alias: str = "", inside: Tuple[object, ...] = ()
    ) -> None:
        self.name = name
        self.gone = gone
        self.alias = alias
        self.inside = inside

    @property
    def root(self) -> str:
        """The undefined name itself: ``pd`` of ``pd.DataFrame``."""
        return self.name.partition(".")[0]

    def __repr__(self) -> str:
        return self.name

    def __getattr__(self, attribute: str) -> Missing:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        return Missing(f"{self.name}.{attribute}", gone=self.gone, inside=self.inside)

    def __getitem__(self, item: object) -> Missing:
        return Missing(self.name, gone=self.gone, inside=(*self.inside, item))

    def __call__(self, *args: object, **kwargs: object) -> Missing:
        # The typing forms of Python 3.10 and older ask for a callable.
        inside = (*self.inside, *args, *kwargs.values())
        return Missing(self.name, gone=self.gone, inside=inside)

    def __or__(self, other: object) -> Either:
        return Either(self, other)

    def __ror__(self, other: object) -> Either:
        return Either(other, self)

    __iter__ = None  # or __getitem__ would make it iterable, without end

    def __bool__(self) -> bool:
        raise NameError(f"name {self.name!r} is not defined")


class Scope(Dict[str, Any]):
    """The names that one function's annotations may use; an unknown one is :class:`Missing`.

    ``frame`` is that of the decorated code. What was found is kept, so that a later look, with
    ``found`` from an earlier one, sees the same.
    """

    __slots__ = ("_frame", "_layers", "function", "running")

    def __init__(
        self,
        function: FunctionType,
        frame: Optional[FrameType] = None,
        found: Optional[Mapping[str, Any]] = None,
    ) -> None:
        if found is not None:
            super().__init__(found)
        self.function = function
        self.running: Tuple[object, ...] = ()  # the texts and aliases that are being evaluated
        self._frame = frame
        self._layers: Sequence[Mapping[str, Any]] = ()

    def __missing__(self, name: str) -> Any:
        for layer in self._layers or self.layers():
            if name in layer:
                value = layer[name]
                break
        else:
            value = getattr(builtins, name, _MISSING)
            if value is _MISSING:
                return Missing(name)
        if type(value) is not Missing:
            self[name] = value
        return value

    def layers(self) -> Sequence[Mapping[str, Any]]:
        """The names by scope, the innermost first; collected when the first is looked up."""
        if not self._layers:
            self._layers = _layers(self.function, self._frame)
            self._frame = None
        return self._layers

    def visible(self) -> Iterator[Tuple[str, object]]:
        """Every name and value, builtins excepted, for suggestions in errors."""
        for layer in self.layers():
            yield from list(layer.items())


def is_local(function: FunctionType) -> bool:
    """Whether the function was defined inside another function or a class."""
    return "." in function.__qualname__


def _layers(function: FunctionType, frame: Optional[FrameType]) -> Sequence[Mapping[str, Any]]:
    if not is_local(function):
        if frame is None or frame.f_code.co_name == "<module>":
            return _module_of(function, frame)
        if not any(constant is function.__code__ for constant in frame.f_code.co_consts):
            return (function.__globals__,)  # otherwise its name is declared global there
    frames, path = _enclosing(function, frame)
    outer: List[Mapping[str, Any]] = []
    for code in reversed(path):
        running = frames.get(id(code))
        if not code.co_flags & _OPTIMIZED:
            continue  # the body of a class is not a scope for what its methods define
        if running is not None:
            outer.append(dict(running.f_locals))
        else:
            names = (*code.co_varnames, *code.co_cellvars)
            outer.append({name: Missing(name, gone=code.co_name) for name in names})
    outer.append(function.__globals__)
    parameters = {one.__name__: one for one in getattr(function, "__type_params__", ())}
    body = frames.get(id(path[-1])) if path else None
    if body is not None and not body.f_code.co_flags & _OPTIMIZED:
        return (parameters, body.f_locals, _cells(function), *outer)
    return (parameters, _class_of(function, outer[0]), _cells(function), *outer)


def _module_of(function: FunctionType, frame: Optional[FrameType]) -> Sequence[Mapping[str, Any]]:
    """The names of a module, and before them those of ``exec`` where it has locals of its own."""
    names = function.__globals__
    if frame is None or frame.f_locals is names or frame.f_globals is not names:
        return (names,)
    return (frame.f_locals, names)


def _cells(function: FunctionType) -> Dict[str, Any]:
    """The closure; on Python 3.14 that of the annotations too."""
    found: Dict[str, Any] = {}
    for owner in (getattr(function, "__annotate__", None), function):
        if isinstance(owner, FunctionType):
            for name, cell in zip(owner.__code__.co_freevars, owner.__closure__ or ()):
                try:
                    found[name] = cell.cell_contents
                except ValueError:  # the enclosing function has not bound it yet
                    continue
    return found


def _class_of(function: FunctionType, outer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The namespace of the class that a method stands in, once its body is done."""
    names = function.__qualname__.rpartition("<locals>.")[2].split(".")[:-1]
    found = outer.get(names[0]) if names else None
    for name in names[1:]:
        found = getattr(found, name, None)
    return vars(found) if isinstance(found, type) else {}


def _enclosing(
    function: FunctionType, frame: Optional[FrameType]
) -> Tuple[Dict[int, FrameType], Sequence[CodeType]]:
    """The code around the function, the outermost first, and the frames in which it runs."""
    code = function.__code__
    frames: Dict[int, FrameType] = {}
    path: Sequence[CodeType] = ()
    while frame is not None:
        outer = frame.f_code
        if outer.co_filename == code.co_filename and outer.co_name != "<module>":
            found = _path(outer, code) if id(outer) not in frames else ()
            if found:
                frames[id(outer)] = frame
                path = max(path, found, key=len)
        frame = frame.f_back
    functions = [outer for outer in path if outer.co_flags & _OPTIMIZED]
    if len(functions) < function.__qualname__.count("<locals>"):
        path = max(path, _path_from_module(function), key=len)
    # What has type parameters stands in a function of their own, which has returned by now.
    visible = [one for one in path if id(one) in frames or not one.co_name.startswith("<generic")]
    return frames, visible


def _path(outer: CodeType, inner: CodeType) -> Sequence[CodeType]:
    """The codes from ``outer`` to the one that ``inner`` stands in; none if it is not inside."""
    nested: List[CodeType] = []
    for constant in outer.co_consts:
        if constant is inner:
            return (outer,)
        if isinstance(constant, CodeType) and constant.co_firstlineno <= inner.co_firstlineno:
            nested.append(constant)
    for one in nested:
        path = _path(one, inner)
        if path:
            return (outer, *path)
    return ()


def _path_from_module(function: FunctionType) -> Sequence[CodeType]:
    """The same, from the outermost function, as long as the module knows it by its name."""
    name, *attributes = function.__qualname__.partition(".<locals>")[0].split(".")
    outer: Any = function.__globals__.get(name)
    for attribute in attributes:
        outer = getattr(outer, attribute, None)
    while hasattr(outer, "__wrapped__"):
        outer = outer.__wrapped__
    code = getattr(outer, "__code__", None)
    if not isinstance(code, CodeType) or code.co_filename != function.__code__.co_filename:
        return ()
    return _path(code, function.__code__)
