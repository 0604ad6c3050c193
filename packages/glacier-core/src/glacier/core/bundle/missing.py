"""Imports that will fail where a bundle runs, found before it is there."""

from __future__ import annotations

import sys
from typing import Dict, FrozenSet, Iterable, Iterator, List, Sequence, Set, Tuple

from glacier.core.bundle.importing import Import
from glacier.core.bundle.records import Entry, Missing, Platform

__all__ = ["missing_imports"]

_STANDARD: FrozenSet[str] = getattr(sys, "stdlib_module_names", frozenset())  # Python 3.10


def missing_imports(
    file: str, imports: Iterable[Tuple[str, Import]], entries: Iterable[Entry], platform: Platform
) -> Tuple[Missing, ...]:
    """What ``file`` and the user's modules that it imports will not find, each module once.

    Imports in a ``try`` or under a condition are expected to fail, and Pulumi's have stand-ins.
    Before Python 3.10 nothing is found, for nobody knows there what is in the standard library.
    """
    if not _STANDARD:
        return ()
    paths = {entry.path for entry in entries}
    there = {path.partition("/")[0].partition(".")[0] for path in paths}
    there |= {*_STANDARD, *platform.provided, *sys.builtin_module_names}
    found: Dict[str, Missing] = {}
    for path, one in _reached(file, imports):
        module = one.top
        if module == "glacier":
            parts = one.module.split(".")
            names = parts[1:2] or one.names
            absent = [f"glacier.{n}" for n in names if not _is_portion(n, paths)]
        else:
            is_there = module in there or module == "pulumi" or module.startswith("pulumi_")
            absent = [] if is_there else [module]
        for name in absent:
            found.setdefault(name, Missing(name, path, one.line))
    return tuple(found[name] for name in sorted(found))


def _is_portion(name: str, paths: Set[str]) -> bool:
    return f"glacier/{name}/__init__.py" in paths or f"glacier/{name}.py" in paths


def _reached(file: str, imports: Iterable[Tuple[str, Import]]) -> Iterator[Tuple[str, Import]]:
    """The certain imports of a file and of those that it reaches by them."""
    of: Dict[str, List[Import]] = {}
    for path, one in imports:
        of.setdefault(path, []).append(one)
    waiting, seen = [file], {file}
    while waiting:
        path = waiting.pop()
        for one in of.get(path, []):
            if one.is_certain:
                if not one.level:
                    yield path, one
                new = [found for found in _files(path, one) if found in of and found not in seen]
                seen.update(new)
                waiting += new


def _files(path: str, one: Import) -> Iterator[str]:
    """The paths at which the modules of an import may be, their packages too."""
    parts: Sequence[str] = [part for part in one.module.split(".") if part]
    start = path.split("/")[: -one.level] if one.level else []
    full = [*start, *parts]
    for end in range(len(start), len(full) + 1):
        for names in [
            full[:end],
            *([[*full, name] for name in one.names] if end == len(full) else []),
        ]:
            if names:
                yield "/".join(names) + ".py"
                yield "/".join([*names, "__init__.py"])
