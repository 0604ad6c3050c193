"""A syntax tree as canonical text: equal for code that means the same, on every Python.

Left out are places, comments and layout, docstrings and other statements that are only a string,
and what the grammar has changed in form but not in meaning: ``Index`` and ``ExtSlice`` (gone in
3.9), the kind of a constant, empty lists of fields that came later (type parameters in 3.12), and
constants of an f-string that 3.12 joins where older ones did not.
"""

from __future__ import annotations

import ast
from typing import Any, Callable, Dict, Iterator, List, Type

__all__ = ["canonical"]

_LEFT_OUT = frozenset(("ctx", "kind", "type_comment", "simple", "type_ignores"))


def canonical(node: ast.AST) -> str:
    """The canonical text of a tree; its Python is read but not run."""
    return "".join(_written(node))


def _written(node: Any) -> Iterator[str]:
    pending: List[Any] = [node]
    while pending:  # a long chain of operators is a deep tree
        one = pending.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, ast.AST):
            pending.extend(reversed(_parts(one)))
        else:
            yield f"{type(one).__name__}:{one!a}"


def _parts(node: ast.AST) -> List[Any]:
    """What the text of a node is made of: texts and nodes, in order."""
    special = _SPECIAL.get(type(node))
    if special is not None:
        return special(node)
    parts: List[Any] = [type(node).__name__, "("]
    for field in node._fields:
        value = getattr(node, field, None)
        if field in _LEFT_OUT or value is None:
            continue
        if isinstance(value, list):
            kept = [one for one in _nodes(value) if not _is_text_alone(one)]
            if kept or (value and field == "body"):
                parts += [field, "=", "["]
                for one in kept:
                    parts += [_item(one), ","]
                parts.append("]")
        else:
            parts += [field, "=", _item(value), ";"]
    parts.append(")")
    return parts


def _nodes(value: Any) -> List[Any]:
    return list(value)


def _item(value: Any) -> Any:
    """A field's value: a node, the text of a name, or that there is none (a key of ``{**a}``)."""
    if value is None:
        return "absent"
    return value if isinstance(value, ast.AST) else f"{type(value).__name__}:{value!a}"


def _is_text_alone(node: Any) -> bool:
    """A docstring, or a string that stands in place of a comment."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _constant(node: Any) -> List[Any]:
    value = node.value
    return [f"{type(value).__name__}:{value!a}"]


def _joined(node: Any) -> List[Any]:
    """An f-string, with neighbouring constants as one."""
    parts: List[Any] = ["JoinedStr("]
    text = ""
    for value in node.values:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            text += value.value
            continue
        parts += [ascii(text), ",", value, ","]
        text = ""
    return [*parts, ascii(text), ")"]


def _index(node: Any) -> List[Any]:
    return [node.value]


def _ext_slice(node: Any) -> List[Any]:
    return [ast.Tuple(elts=node.dims, ctx=ast.Load())]


_SPECIAL: Dict[Type[Any], Callable[[Any], List[Any]]] = {
    ast.Constant: _constant,
    ast.JoinedStr: _joined,
}
if hasattr(ast, "ExtSlice"):  # a deprecated stand-in from 3.9 on, which no parser makes
    _SPECIAL.update({getattr(ast, "Index"): _index, getattr(ast, "ExtSlice"): _ext_slice})  # noqa: B009
