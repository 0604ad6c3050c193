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
from typing import Any, Dict, Iterator, List, Optional, Tuple

from glacier.core.annotations.forms import names_dataset
from glacier.core.annotations.scope import Missing

__all__ = ["is_for_checkers", "is_hidden_dataset"]


def is_for_checkers(missing: Missing, function: FunctionType) -> bool:
    """Whether an undefined name is bound under ``if TYPE_CHECKING:``, and is no dataset.

    An import that a ``try`` lets fail counts as well.
    """
    return missing.root in _bound(function) and not is_hidden_dataset(missing, function)


def is_hidden_dataset(missing: Missing, function: FunctionType) -> bool:
    """Whether an undefined name is a dataset that is imported for type checkers only."""
    path = _bound(function).get(missing.root)
    if path is None:
        return False
    module, _, attributes = path.partition(":")
    found: Any = sys.modules.get(_absolute(module, function))
    for attribute in [*filter(None, attributes.split(".")), *missing.name.split(".")[1:]]:
        found = getattr(found, attribute, None)
        if names_dataset(found):
            return True
    return False


def _absolute(module: str, function: FunctionType) -> str:
    level = len(module) - len(module.lstrip("."))
    if not level:
        return module
    package = str(function.__globals__.get("__package__") or "").split(".")
    return ".".join([*package[: len(package) - level + 1], *filter(None, [module[level:]])])


def _bound(function: FunctionType) -> Dict[str, Optional[str]]:
    lines = linecache.getlines(function.__code__.co_filename, function.__globals__)
    return _bound_in("".join(lines))


@lru_cache(maxsize=8)
def _bound_in(source: str) -> Dict[str, Optional[str]]:
    """The names that a source binds for type checkers; of an import, ``module:attribute``."""
    found: Dict[str, Optional[str]] = {}
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a cell with magic commands
        return found
    for node in ast.walk(tree):
        if isinstance(node, ast.Try):
            for statement in node.body:
                found.update(_imports(statement))
        for statement in _guarded(node):
            found.update(_imports(statement))
            if isinstance(statement, ast.ClassDef):
                found[statement.name] = None
            if isinstance(statement, ast.Assign) and not isinstance(statement.value, ast.Call):
                found.update({t.id: None for t in statement.targets if isinstance(t, ast.Name)})
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
