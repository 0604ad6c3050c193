"""What annotations mean, under every way in which Python evaluates them."""

from __future__ import annotations
import __future__

import sys
from pathlib import Path
from types import ModuleType
from typing import Any, List

import pytest

from glacier.core import Pipeline, Task
from glacier.core.annotations import REQUIRED, UNKNOWN, Argument, ArgumentKind, Output
from glacier.core.codec import type_name

EAGER = "deferred" if sys.version_info >= (3, 14) else "eager"
REGIMES = {EAGER: 0, "postponed": __future__.annotations.compiler_flag}


def load(stem: str, regime: str) -> ModuleType:
    """Execute a module of cases; only in the regime ``postponed`` are its annotations text."""
    path = Path(__file__).with_name(f"{stem}.py")
    module = ModuleType(f"{stem}_{regime}")
    source = path.read_text(encoding="utf-8")
    code = compile(source, str(path), "exec", flags=REGIMES[regime], dont_inherit=True)
    exec(code, module.__dict__)
    return module


def cases(*stems: str) -> List[Any]:
    return [
        pytest.param(declare, expected, id=f"{regime}-{name}")
        for regime in REGIMES
        for stem in stems
        for name, (declare, expected, eager) in load(stem, regime).CASES.items()
        if regime == "postponed" or sys.version_info >= eager
    ]


def meaning(task: Task[..., Any]) -> str:
    """A signature as one line: ``data: raw?<int> = None, n: param int -> (good, bad)``."""
    signature = task.signature
    arguments = ", ".join(map(_argument, signature.arguments))
    outputs = ", ".join(map(_output, signature.outputs)) or "nothing"
    if signature.many:
        outputs = f"({outputs}{',' if len(signature.outputs) == 1 else ''})"
    words = ["async" if signature.is_async else "", arguments, "->", outputs]
    return " ".join(filter(None, words))


def _argument(argument: Argument) -> str:
    kind, default = argument.kind, argument.default
    if kind == ArgumentKind.INPUT:
        assert argument.dataset is not None
        each = ".each" if argument.each else ""
        shown = f"{argument.dataset.name}{each}{'?' if argument.optional else ''}{_type(argument)}"
    elif kind == ArgumentKind.PARAMETER:
        shown = f"param {type_name(argument.type)}"
    elif kind == ArgumentKind.SECRET:
        assert argument.secret is not None
        shown = f"secret {argument.secret.name}"
    else:
        shown = kind
    if kind != ArgumentKind.FIXED and default is not REQUIRED:
        shown += f" = {default}"
    return f"{'*' if argument.keyword else ''}{argument.name}: {shown}"


def _output(output: Output) -> str:
    return f"{output.dataset.name}{_type(output)}"


def _type(one: Any) -> str:
    return "" if one.type is UNKNOWN else f"<{type_name(one.type)}>"


@pytest.mark.parametrize(
    ("declare", "expected"),
    cases(
        "annotations_forms",
        "annotations_functions",
        "annotations_scopes",
        "annotations_checkers",
    ),
)
def test_form(declare: Any, expected: str) -> None:
    pipeline = Pipeline("cases")
    task = declare(pipeline) or list(pipeline.tasks.values())[-1]
    assert meaning(task) == expected
