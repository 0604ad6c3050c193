"""The hash of a function: its syntax, and that of everything of the user's own that it uses.

Followed are functions, classes and constants of the function's module and of other modules of the
user's; what is installed (the standard library, site-packages) counts by its name alone. A name
that stands for a constant counts by its value, any other by the statements that assign it.
"""

from __future__ import annotations

import ast
import sys
import sysconfig
from functools import lru_cache
from hashlib import sha256
from types import FunctionType, MethodType, ModuleType
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from glacier.core.fingerprint.literals import is_constant, literal
from glacier.core.fingerprint.sources import definition_of, source_of
from glacier.core.fingerprint.syntax import canonical
from glacier.core.typeforms import class_of

__all__ = ["Code", "code_of"]

_UNKNOWN = object()
_TASK = "the task"


class Code(NamedTuple):
    """The hash of a function and all that it uses, 64 hexadecimal digits, and of each part its own.

    ``parts`` are by name, such as ``clean`` and ``helpers.LIMIT``: what differs between two codes
    is what was edited. Names of the task's own module stand alone, for that is ``__main__`` in a
    script and something else where Glacier loads the file.
    """

    digest: str
    parts: Dict[str, str]


def code_of(function: Any) -> Optional[Code]:
    """The code of a task's function; ``None`` where there is no source to read."""
    target = _function_in(function)
    if target is None or definition_of(target.__code__) is None:
        return None
    parts = _Walk(target).follow(target)
    hashes = {name: sha256(text.encode()).hexdigest() for name, text in parts.items()}
    whole = "\n".join(f"{name} {hashes[name]}" for name in sorted(hashes))
    return Code(sha256(whole.encode()).hexdigest(), hashes)


def _function_in(target: Any) -> Optional[FunctionType]:
    """The Python function behind a task, a method or a decorator."""
    while not isinstance(target, FunctionType) or hasattr(target, "__wrapped__"):
        inner: Any = getattr(target, "__wrapped__", None)
        if inner is not None:
            target = inner
        elif isinstance(target, MethodType):
            target = target.__func__
        else:
            kind: Any = class_of(target)
            call: Any = kind.__dict__.get("__call__")
            return call if isinstance(call, FunctionType) and _is_users(call) else None
    return target


class _Walk:
    """One walk from a function over all that it uses; ``parts`` are texts by name."""

    def __init__(self, function: FunctionType) -> None:
        self.home = function.__module__
        self.parts: Dict[str, str] = {}
        self.pending: List[Tuple[str, Any]] = []

    def follow(self, function: FunctionType) -> Dict[str, str]:
        self.add_function(_TASK, function)
        while self.pending:
            name, value = self.pending.pop()
            if name not in self.parts:
                self.add(name, value)
        return self.parts

    def add(self, name: str, value: Any) -> None:
        function = None if isinstance(value, type) else _function_in(value)
        if isinstance(value, type):
            self.add_class(name, value)
        elif function is not None:
            self.add_function(name, function)
        else:
            self.parts[name] = literal(value) or self.named(value)

    def named(self, value: Any) -> str:
        """What has neither syntax nor a literal, by its name or by that of its type."""
        known: Any = value if hasattr(value, "__qualname__") else class_of(value)
        module = getattr(known, "__module__", None)
        return f"{'' if module == self.home else module}.{known.__qualname__}"

    def add_function(self, name: str, function: FunctionType) -> None:
        node = definition_of(function.__code__) if _is_users(function) else None
        if node is None:
            self.parts[name] = self.named(function)
            return
        text = canonical(_without_own_decorator(node))
        for default in _defaults(function):
            text += f"\ndefault {default}"
        self.parts[name] = text
        free = dict(zip(function.__code__.co_freevars, function.__closure__ or ()))
        closure = {key: _content(cell) for key, cell in free.items()}
        self.follow_names(node, closure, function.__globals__, function.__code__.co_filename)

    def add_class(self, name: str, kind: type) -> None:
        methods = [one for one in vars(kind).values() if isinstance(one, FunctionType)]
        file = methods[0].__code__.co_filename if methods else _file_of(kind.__module__)
        source = source_of(file) if file and not _is_installed(file) else None
        nodes = [
            node
            for (_, known), node in (source.definitions.items() if source is not None else ())
            if known == kind.__name__ and isinstance(node, ast.ClassDef)
        ]
        if not nodes:
            self.parts[name] = self.named(kind)
            return
        self.parts[name] = "\n".join(map(canonical, nodes))
        scope = getattr(sys.modules.get(kind.__module__), "__dict__", {})
        for node in nodes:
            self.follow_names(node, {}, methods[0].__globals__ if methods else scope, file)

    def follow_names(
        self, node: ast.AST, closure: Dict[str, Any], scope: Dict[str, Any], file: str
    ) -> None:
        """Follow the names that a piece of code uses to what they stand for."""
        module = str(scope.get("__name__", ""))
        for path in _names_in(node):
            first = path[0]
            if first in closure:
                self.use(self.key(module, f"<local>.{first}"), closure[first], (), file)
            elif first in scope:
                value, rest, owner = _resolve(scope[first], path[1:])
                key = self.key(module, first) if owner is None else self.key(owner, rest)
                self.use(key, value, path, file)

    def key(self, module: str, name: str) -> str:
        return name if module == self.home else f"{module}.{name}"

    def use(self, name: str, value: Any, path: Tuple[str, ...], file: str) -> None:
        if name in self.parts or value is _UNKNOWN or isinstance(value, ModuleType):
            return
        if _is_glaciers(value):
            return  # the edges are known from the annotations
        if isinstance(value, type) or _function_in(value) is not None or is_constant(value):
            self.pending.append((name, value))
            return
        statements = self.assignments(path, file)
        if statements:
            self.parts[name] = "\n".join(map(canonical, statements))
        else:
            self.pending.append((name, value))

    def assignments(self, path: Tuple[str, ...], file: str) -> List[ast.AST]:
        """The statements of this file that assign a name."""
        source = source_of(file) if path else None
        return source.assigned.get(path[0], []) if source is not None else []


def _names_in(node: ast.AST) -> Iterator[Tuple[str, ...]]:
    """The names that code reads, with the attributes that follow: ``('helpers', 'clean')``."""
    pending: List[ast.AST] = [node]
    while pending:
        one = pending.pop()
        path: List[str] = []
        inner = one
        while isinstance(inner, ast.Attribute):
            path.append(inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name):
            yield (inner.id, *reversed(path))
        else:
            pending.extend(ast.iter_child_nodes(one))


def _resolve(value: Any, path: Tuple[str, ...]) -> Tuple[Any, str, Optional[str]]:
    """Where attributes of modules lead: the value, its name, and the module that it is in."""
    owner: Optional[str] = None
    name = ""
    for attribute in path:
        if not isinstance(value, ModuleType) or _is_installed(getattr(value, "__file__", "") or ""):
            break
        owner, name = value.__name__, attribute
        value = getattr(value, attribute, _UNKNOWN)
    return value, name, owner


def _without_own_decorator(node: Any) -> Any:
    """The definition without ``@pipeline.task(…)``: retries and tags change no result."""
    decorators = getattr(node, "decorator_list", [])
    kept = [one for one in decorators if not _is_task_decorator(one)]
    if len(kept) == len(decorators):
        return node
    fields = {field: getattr(node, field, None) for field in node._fields}
    return type(node)(**{**fields, "decorator_list": kept})


def _is_task_decorator(node: Any) -> bool:
    target = node.func if isinstance(node, ast.Call) else node
    return isinstance(target, ast.Attribute) and target.attr == "task"


def _defaults(function: FunctionType) -> Iterator[str]:
    by_keyword = function.__kwdefaults__ or {}
    for value in (*(function.__defaults__ or ()), *[by_keyword[key] for key in sorted(by_keyword)]):
        yield literal(value) or f"a {type(value).__qualname__}"


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not assigned yet
        return _UNKNOWN


def _is_glaciers(value: Any) -> bool:
    kind: Any = value if isinstance(value, type) else class_of(value)
    is_task = getattr(value, "__glacier__", None) == "task"
    return kind.__module__.partition(".")[0] == "glacier" and not is_task


def _is_users(function: FunctionType) -> bool:
    return not _is_installed(function.__code__.co_filename)


def _file_of(module: str) -> str:
    return getattr(sys.modules.get(module), "__file__", None) or ""


@lru_cache(maxsize=None)
def _installed() -> Tuple[str, ...]:
    paths = sysconfig.get_paths()
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    return (*{paths[name] for name in names if name in paths}, "<frozen")


def _is_installed(file: str) -> bool:
    """Whether a file belongs to Python or to an installed package, rather than to the user."""
    return not file or file.startswith(_installed()) or "site-packages" in file
