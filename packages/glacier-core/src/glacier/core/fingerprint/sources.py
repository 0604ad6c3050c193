"""From code that runs back to its syntax tree: files, notebook cells, all that linecache has."""

from __future__ import annotations

import ast
import linecache
import os
import warnings
from types import CodeType
from typing import Dict, List, NamedTuple, Optional, Tuple, Union

__all__ = ["Definition", "Source", "definition_of", "edited_since", "source_of"]

Definition = Union[ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef]
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_COMPOUND = (ast.If, ast.Try, ast.With, ast.For, ast.While)


class Source(NamedTuple):
    """One file: what is defined where, and what each name at its top level is assigned.

    ``definitions`` are by line of the first decorator or of the definition itself, and name.
    """

    definitions: Dict[Tuple[int, str], Definition]
    lambdas: Dict[int, List[ast.Lambda]]
    assigned: Dict[str, List[ast.AST]]


_TRIES = 4
_sources: Dict[str, Tuple[Tuple[str, ...], Optional[Source]]] = {}


def source_of(file: str) -> Optional[Source]:
    """The source of a file; ``None`` if there is none, or it is no Python that this one reads."""
    linecache.checkcache(file)
    lines = tuple(linecache.getlines(file))
    known = _sources.get(file)
    if known is None or known[0] != lines:
        known = _sources[file] = (lines, _read("".join(lines)) if lines else None)
    return known[1]


def edited_since(moment: float) -> bool:
    """Whether a file that was read as source has changed since then, in seconds of the epoch."""
    return any(os.stat(file).st_mtime > moment for file in _sources if os.path.exists(file))


def _read(text: str) -> Optional[Source]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the import has warned already
            tree = _parsed(text)
    except (SyntaxError, SystemError, ValueError, RecursionError):
        return None
    source = Source({}, {}, {})
    for node in ast.walk(tree):
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            first = min([node.lineno, *[one.lineno for one in node.decorator_list]])
            source.definitions[first, node.name] = node
        elif isinstance(node, ast.Lambda):
            source.lambdas.setdefault(node.lineno, []).append(node)
    _note_assignments(tree.body, source.assigned)
    return source


def _parsed(text: str) -> ast.Module:
    for _ in range(_TRIES):
        try:
            return ast.parse(text)
        except SystemError:
            # Up to Python 3.11 all parsers of a process count how deep they are in one place, so
            # what another thread (or the garbage collector) parses meanwhile upsets the count.
            continue
    return ast.parse(text)


def _note_assignments(body: List[ast.stmt], assigned: Dict[str, List[ast.AST]]) -> None:
    for statement in body:
        if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            for target in targets:
                for name in ast.walk(target):
                    if isinstance(name, ast.Name) and statement.value is not None:
                        assigned.setdefault(name.id, []).append(statement)
        elif isinstance(statement, _COMPOUND):
            for field in ("body", "orelse", "finalbody"):
                _note_assignments(getattr(statement, field, []), assigned)
            for handler in getattr(statement, "handlers", []):
                _note_assignments(handler.body, assigned)


def definition_of(code: CodeType) -> Optional[Definition]:
    """The definition that a function's code was made from, or ``None``.

    Of several lambdas in one line none can be told apart, unless they are alike.
    """
    source = source_of(code.co_filename)
    if source is None:
        return None
    if code.co_name == "<lambda>":
        found = source.lambdas.get(code.co_firstlineno, [])
        return found[0] if len(found) == 1 else None
    return source.definitions.get((code.co_firstlineno, code.co_name))
