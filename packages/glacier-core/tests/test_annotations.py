"""What annotations mean, under every way in which Python evaluates them."""

from __future__ import annotations
import __future__

import os
import re
import runpy
import sys
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Iterator, List

import pytest

from glacier.core import DefinitionError, Pipeline, Task
from glacier.core.annotations import REQUIRED, UNKNOWN, Argument, ArgumentKind, Output
from glacier.core.codec import type_name
from glacier.core.errors import DefinitionErrors, UnresolvedAnnotation

EAGER = "deferred" if sys.version_info >= (3, 14) else "eager"
FROM_3_12 = ["annotations_type_statement"] if sys.version_info >= (3, 12) else []
REGIMES = {EAGER: 0, "postponed": __future__.annotations.compiler_flag}


def load(stem: str, regime: str) -> ModuleType:
    """Execute a module of cases; only in the regime ``postponed`` are its annotations text."""
    path = Path(__file__).with_name(f"{stem}.py")
    module = ModuleType(stem)
    source = path.read_text(encoding="utf-8")
    code = compile(source, str(path), "exec", flags=REGIMES[regime], dont_inherit=True)
    exec(code, module.__dict__)
    return module


def cases(*stems: str, table: str = "CASES") -> List[Any]:
    return [
        pytest.param(declare, expected, id=f"{regime}-{name}")
        for regime in REGIMES
        for stem in stems
        for name, (declare, expected, eager) in getattr(load(stem, regime), table).items()
        if regime == "postponed" or sys.version_info >= eager
    ]


def returned_functions() -> List[Any]:
    return [
        pytest.param(
            declare,
            meant,
            told if regime == "postponed" and sys.version_info >= since else "",
            id=f"{regime}-{name}",
        )
        for regime in REGIMES
        for name, (declare, meant, told, since) in load(
            "annotations_scopes", regime
        ).RETURNED.items()
    ]


def declared(declare: Any) -> Task[..., Any]:
    """The task that a case declares: the one it returns, or the last one."""
    pipeline = Pipeline("cases")
    return declare(pipeline) or list(pipeline.tasks.values())[-1]


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
        *FROM_3_12,
    ),
)
def test_form(declare: Any, expected: str) -> None:
    assert meaning(declared(declare)) == expected


INSIDE = (
    "Inside a function or class the name must be defined before the task and, under "
    "'from __future__ import annotations', in a scope that is still running."
)
KINDS = (
    "Run parameters are str, int, float, bool, None, date, datetime, timedelta, Decimal, UUID, "
    "Enum, Literal, and lists and dicts of them."
)


def code_of(name: str, code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_name in (name, "<lambda>"):
                yield constant
            yield from code_of(name, constant)


def filled(told: str, declare: Any) -> str:
    """What is told of the function that ``declare`` decorates; ``{any}`` is left."""
    lines = [code.co_firstlineno for code in code_of("f", declare.__code__)]
    file = os.path.relpath(declare.__code__.co_filename)
    told = told.replace("{f}", f"f ({file}:{lines[0] if lines else '{any}'})")
    return told.replace("{file}", file).replace("{inside}", INSIDE).replace("{kinds}", KINDS)


def check_text(error: BaseException, expected: str) -> None:
    pattern = re.escape(expected).replace(re.escape("{any}"), ".*")
    if not re.fullmatch(pattern, str(error)):
        assert str(error) == expected


@pytest.mark.parametrize(
    ("declare", "told"),
    cases(
        "annotations_mistaken_edges",
        "annotations_mistaken_names",
        "annotations_mistaken_parameters",
    )
    + cases(*FROM_3_12, table="MISTAKES"),
)
def test_mistake(declare: Any, told: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        declare(Pipeline("cases"))
    check_text(caught.value, filled(told, declare))


@pytest.mark.parametrize(("declare", "meant", "told"), returned_functions())
def test_function_that_has_returned(declare: Any, meant: str, told: str) -> None:
    if told:
        with pytest.raises(UnresolvedAnnotation) as caught:
            declare(Pipeline("cases"))
        check_text(caught.value, filled(told, declare))
    else:
        assert meaning(declared(declare)) == meant


@pytest.fixture(params=REGIMES)
def forward(request: pytest.FixtureRequest) -> ModuleType:
    return load("annotations_forward", request.param)


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ("dataset", "data: later -> latest"),
        ("mapped", "item: later.each -> (good, bad)"),
        ("optional", "data: later? = None, more: latest? = None -> nothing"),
        ("alias", "data: later<Union[int, Any]> -> nothing"),
        ("outputs", "-> (beta, alpha<dict[str, Row]>)"),
        ("of-first", "data: first, more: later -> (first, gamma)"),
        ("of-second", "data: second, more: later -> (second, gamma)"),
        ("parameter", "data: first, rows: param list[int] = [1], row: fixed -> nothing"),
    ],
)
def test_forward_reference(forward: ModuleType, task: str, expected: str) -> None:
    assert meaning(forward.pipeline.tasks[task]) == expected


def problems_of(task: Task[..., Any]) -> List[str]:
    with pytest.raises(DefinitionErrors) as caught:
        assert task.signature
    return [str(problem).partition(": ")[2] for problem in caught.value.problems]


def test_forward_reference_that_leads_nowhere(forward: ModuleType) -> None:
    first, second, third = problems_of(forward.pipeline.tasks["never"])
    assert first == (
        "parameter 'data' is annotated 'nowhere', which is not defined. Define the dataset before "
        "the task. Datasets that are defined there: 'Later', 'alpha', 'bad', 'beta', 'first', "
        "'gamma', 'good', 'later' and 4 more."
    )
    assert second == (
        "parameter 'more' is annotated 'latr', which is not defined. Did you mean 'Later'?"
    )
    assert third == (
        "parameter 'last' is annotated 'later.eech', which cannot be evaluated (AttributeError: "
        "'Dataset' object has no attribute 'eech'). "
        + ("Did you mean 'each'?" if sys.version_info >= (3, 10) else "Correct the annotation.")
    )


def test_forward_reference_to_a_task(forward: ModuleType) -> None:
    first, second = problems_of(forward.pipeline.tasks["task"])
    assert first == (
        "parameter 'data' is annotated with the task 'dataset'; edges go through datasets. "
        "Annotate it with what the task produces: 'latest'."
    )
    assert second == (
        "parameter 'more' is annotated with the task 'unread'; edges go through datasets. That "
        "task produces no dataset: give it a return annotation first."
    )


@pytest.mark.skipif(sys.version_info < (3, 11), reason="assert_type came with Python 3.11")
def test_what_type_checkers_accept_runs() -> None:
    typed = runpy.run_path(str(Path(__file__).parent / "typing" / "tasks.py"))
    assert meaning(typed["with_options"]) == (
        "data: raw<list[int]>, factor: param float = 1.0, *day: param str -> clean<dict[str, int]>"
    )


def test_what_type_checkers_refuse_runs() -> None:
    shorthand = runpy.run_path(str(Path(__file__).parent / "typing" / "shorthand.py"))
    assert [meaning(task) for task in shorthand["pipeline"].tasks.values()] == [
        "data: raw -> clean",
        "item: raw.each -> clean",
        "data: raw -> (clean, bad)",
        "data: raw -> (clean, bad)",
        "data: raw? = None, more: raw? = None -> nothing",
    ]
