"""The time that ``import glacier.core`` takes, and what it brings with it."""

from __future__ import annotations

import sys
from statistics import median
from typing import Iterator

from benchmarks.measure import processes, python
from benchmarks.suites.options import Options
from benchmarks.table import Row, difference

_ROUNDS = 15
_LIMIT_MS = 30.0
_COSTLY = ("asyncio", "concurrent.futures.process")


def importing(_: Options) -> Iterator[Row]:
    """``import glacier.core`` and ``import glacier.local`` beside ``pass``."""
    imports = ("glacier.core", "glacier.local")
    commands = [("-c", "pass"), *[("-c", f"import {name}") for name in imports]]
    bare, *found = [median(seconds) * 1e3 for seconds in processes(commands, rounds=_ROUNDS)]
    for name, glacier, limit in zip(imports, found, (_LIMIT_MS, None)):
        yield difference(f"import {name} (n={_ROUNDS})", glacier, bare, "ms", limit=limit)
    yield from map(_modules, imports)


def _modules(name: str) -> Row:
    before, after = _loaded("pass"), _loaded(f"import {name}")
    added = after - before
    unwanted = sorted(
        module
        for module in added
        if module in _COSTLY
        or module.partition(".")[0] not in {*sys.stdlib_module_names, "glacier"}
    )
    return Row(
        f"modules that import {name} loads",
        str(len(after)),
        str(len(before)),
        f"+{len(added)}" + (f", among them {', '.join(unwanted)}" if unwanted else ""),
        f"stdlib only, not {', '.join(_COSTLY)}",
        not unwanted,
    )


def _loaded(statement: str) -> set[str]:
    return set(python("-c", f"import sys; {statement}; print(*sys.modules)").split())
