"""What Python files import, read from their text: nothing is executed."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Iterator, List, NamedTuple, Tuple

__all__ = ["Import", "imports_of"]

_UNCERTAIN = (ast.Try, ast.If)


class Import(NamedTuple):
    """An import of ``module``; ``names`` are what is taken from it, ``level`` the dots before it.

    ``is_certain``: it is under no condition and in no ``try``.
    """

    module: str
    names: Tuple[str, ...]
    level: int
    line: int
    is_certain: bool

    @property
    def top(self) -> str:
        """The name of the top-level package or module; empty for a relative import."""
        return "" if self.level else self.module.partition(".")[0]


def imports_of(file: Path) -> List[Import]:
    """The imports of a file, wherever they stand in it; none of one that is no Python."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):  # the loading tells, if it is loaded at all
        return []
    return list(_imports(tree))


def _imports(tree: ast.AST) -> Iterator[Import]:
    waiting: List[Tuple[ast.AST, bool]] = [(tree, True)]
    while waiting:
        node, is_certain = waiting.pop()
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, (), 0, node.lineno, is_certain)
        elif isinstance(node, ast.ImportFrom):
            names = tuple(alias.name for alias in node.names)
            yield Import(node.module or "", names, node.level, node.lineno, is_certain)
        elif not isinstance(node, ast.expr):
            inside = is_certain and not isinstance(node, _UNCERTAIN)
            waiting += [(child, inside) for child in ast.iter_child_nodes(node)]
