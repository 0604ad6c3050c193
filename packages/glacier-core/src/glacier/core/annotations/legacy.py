"""Postponed annotations in the notation of later Pythons, on Python 3.8 and 3.9.

There ``int | None`` and, on 3.8, ``list[int]`` cannot be evaluated; under ``from __future__ import
annotations`` they are text, and so may be written all the same.
"""

from __future__ import annotations

import ast
import typing
from functools import lru_cache
from types import CodeType
from typing import Any, Dict

from glacier.core.dataset import Either

__all__ = ["run_modernised"]

_UNION: Any = typing.Union


def run_modernised(text: str, names: Dict[str, Any], scope: Dict[str, Any]) -> Any:
    """Evaluate a text in which every ``a | b`` and ``a[b]`` may be one of a later Python."""
    scope.update(__either__=_either, __item__=_item)
    return eval(_modernised(text), names, scope)


@lru_cache(maxsize=1024)
def _modernised(text: str) -> CodeType:
    tree = _Modernise().visit(ast.parse(f"({text}\n)", mode="eval"))
    return compile(ast.fix_missing_locations(tree), "<annotation>", "eval")


class _Modernise(ast.NodeTransformer):
    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.BitOr):
            return node
        return ast.Call(ast.Name("__either__", ast.Load()), [node.left, node.right], [])

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        index: Any = node.slice
        if isinstance(index, ast.Slice):
            return node
        index = getattr(index, "value", index) if type(index).__name__ == "Index" else index
        return ast.Call(ast.Name("__item__", ast.Load()), [node.value, index], [])


def _either(left: object, right: object) -> object:
    try:
        return left | right  # type: ignore[operator]  # datasets can
    except TypeError:
        pass
    try:
        return _UNION[left, right]
    except TypeError:
        return Either(left, right)


def _item(value: Any, index: object) -> Any:
    try:
        return value[index]
    except TypeError:
        if not isinstance(value, type):
            raise
    generic = _GENERIC.get(value)
    return value if generic is None else generic[index]


# The generic form that typing has for each class of the standard library.
_GENERIC: Dict[type, Any] = {
    form.__origin__: form
    for form in vars(typing).values()
    if isinstance(getattr(form, "__origin__", None), type)
}
