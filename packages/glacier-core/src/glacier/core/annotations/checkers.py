"""Names that exist for type checkers only, as the source of a module tells.

A parameter with a default may be annotated with such a name: its type is then for people and type
checkers. Any other undefined name might have been meant as a dataset, and is an error.
"""

from __future__ import annotations

import ast
import linecache
import sys
from functools import lru_cache
from types import FunctionType
from typing import Any, Dict, Iterator, List, Tuple

from glacier.core.annotations.forms import mentions_dataset, names_dataset
from glacier.core.annotations.scope import Missing

__all__ = ["is_bound_for_checkers", "is_for_checkers"]


def is_for_checkers(missing: Missing, function: FunctionType) -> bool:
    """Whether an undefined name is there for type checkers only, and cannot mean a dataset.

    It does where it is a dataset of a module that is loaded, where a dataset stands in its
    brackets, and in an alias, of which nothing is known without that name.
    """
    return (
        is_bound_for_checkers(missing, function)
        and not missing.alias
        and not mentions_dataset(missing.inside)
        and not any(map(names_dataset, _loaded(missing, function)))
    )


def is_bound_for_checkers(missing: Missing, function: FunctionType) -> bool:
    """Whether the module binds an undefined name under ``if TYPE_CHECKING:``.

    An import that a ``try`` lets fail counts as well.
    """
    return missing.root in _bound(function)


def _loaded(missing: Missing, function: FunctionType) -> Iterator[Any]:
    """What the undefined name stands for in the module that it would be imported from."""
    module, _, attribute = _bound(function)[missing.root].partition(":")
    found: Any = sys.modules.get(_absolute(module, function))
    for name in [attribute, *missing.name.split(".")[1:]]:
        found = getattr(found, name, None) if name else found
        yield found


def _absolute(module: str, function: FunctionType) -> str:
    level = len(module) - len(module.lstrip("."))
    if not level:
        return module
    package = str(function.__globals__.get("__package__") or "").split(".")
    return ".".join([*package[: len(package) - level + 1], *filter(None, [module[level:]])])


def _bound(function: FunctionType) -> Dict[str, str]:
    lines = linecache.getlines(function.__code__.co_filename, function.__globals__)
    return _bound_in("".join(lines))


@lru_cache(maxsize=8)
def _bound_in(source: str) -> Dict[str, str]:
    """The names that a source has for type checkers; of an import with ``module:attribute``."""
    found: Dict[str, str] = {}
    try:
        pending: List[Any] = list(ast.parse(source).body)
    except SyntaxError:  # a cell with magic commands
        return found
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Try):
            found.update(one for statement in node.body for one in _imports(statement))
        for statement in _guarded(node):
            found.update(_imports(statement))
            if isinstance(statement, ast.ClassDef):
                found[statement.name] = ""
        for block in ("body", "orelse", "handlers", "finalbody"):
            # What a function or a class binds is of no use to others.
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                pending.extend(getattr(node, block, ()))
    return found


def _guarded(node: ast.AST) -> List[ast.stmt]:
    """What stands under ``if TYPE_CHECKING:``, or under the ``else`` of its opposite."""
    if not isinstance(node, ast.If):
        return []
    names = {getattr(one, "id", getattr(one, "attr", "")) for one in ast.walk(node.test)}
    if "TYPE_CHECKING" not in names:
        return []
    return node.orelse if isinstance(node.test, ast.UnaryOp) else node.body


def _imports(statement: ast.stmt) -> Iterator[Tuple[str, str]]:
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            yield alias.asname or name, f"{name}:"
    if isinstance(statement, ast.ImportFrom):
        module = "." * statement.level + (statement.module or "")
        for alias in statement.names:
            yield alias.asname or alias.name, f"{module}:{alias.name}"
