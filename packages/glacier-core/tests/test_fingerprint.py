"""Fingerprints: what changes the hash of a task's code, and what does not."""

from __future__ import annotations

import ast
import importlib.util
import sys
import textwrap
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any, Callable, Iterator, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier.core.fingerprint import code_of, combine
from glacier.core.fingerprint.literals import literal
from glacier.core.fingerprint.syntax import canonical

Load = Callable[..., ModuleType]

SAMPLE = '''
import math
from glacier.core import Dataset, Pipeline

pipeline = Pipeline("sample")
raw = Dataset("raw")
LIMIT = 5
NAMES = {"a": 1, "b": [2, 3]}


def helper(value):
    """Add."""
    return value + LIMIT


class Scale:
    factor = 2

    def apply(self, value):
        return value * self.factor


@pipeline.task(tags=["x"])
def make(data: raw, *, deep: int = 3) -> Dataset("out"):
    """Make it."""
    # a comment
    rows = [helper(row) for row in data[1:2] if row not in NAMES]
    scaled = Scale().apply(rows[-1])
    return f"{math.sqrt(rows[0]):.2f} and" " more", scaled, {**NAMES, "c": not deep}
'''


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Load]:
    """Load a text as a module; each of one name replaces the one before."""
    loaded: List[str] = []

    def load(text: str, name: str = "sample") -> ModuleType:
        folder = tmp_path / str(len(loaded))  # a new file, as its time may be the old one's
        folder.mkdir()
        file = folder / f"{name}.py"
        file.write_text(textwrap.dedent(text), encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        loaded.append(name)
        spec.loader.exec_module(module)
        return module

    yield load
    for name in set(loaded):
        del sys.modules[name]


def digest(module: ModuleType, task: str = "make") -> str:
    code = code_of(getattr(module, task))
    assert code is not None
    return code.digest


def test_the_digest_is_the_same_on_every_python(load: Load) -> None:
    assert digest(load(SAMPLE)) == GOLDEN


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# a comment", "# another comment"),
        ("    # a comment\n", ""),
        ('"""Make it."""', '"""Make something else."""'),
        ('"""Add."""', ""),
        ('tags=["x"]', 'tags=["y"], name="made"'),
        ("value + LIMIT", "(value  +  LIMIT)"),
        ("LIMIT = 5", "LIMIT = 2 + 3"),
        ('NAMES = {"a": 1, "b": [2, 3]}', 'NAMES = {\n    "a": 1,\n    "b": [2, 3],\n}'),
        ('" more"', "' more'"),
        ("class Scale:", "unused = 1\n\n\nclass Scale:"),
    ],
)
def test_what_changes_no_result_changes_no_digest(load: Load, old: str, new: str) -> None:
    assert old in SAMPLE
    assert digest(load(SAMPLE.replace(old, new))) == digest(load(SAMPLE))


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("value + LIMIT", "value - LIMIT", "helper"),
        ("LIMIT = 5", "LIMIT = 6", "LIMIT"),
        ('"b": [2, 3]', '"b": [2, 4]', "NAMES"),
        ("factor = 2", "factor = 3", "Scale"),
        ("value * self.factor", "value / self.factor", "Scale"),
        ("math.sqrt", "math.exp", "the task"),
        (".2f", ".3f", "the task"),
        ("deep: int = 3", "deep: int = 4", "the task"),
        ("not in NAMES", "in NAMES", "the task"),
    ],
)
def test_what_may_change_a_result_changes_the_digest_and_names_the_part(
    load: Load, old: str, new: str, part: str
) -> None:
    assert old in SAMPLE
    before, after = code_of(load(SAMPLE).make), code_of(load(SAMPLE.replace(old, new)).make)
    assert before is not None
    assert after is not None
    assert before.digest != after.digest
    assert {name for name in before.parts if before.parts[name] != after.parts[name]} == {part}


def test_the_name_of_the_module_does_not_count(load: Load) -> None:
    assert digest(load(SAMPLE, "sample")) == digest(load(SAMPLE, "elsewhere"))


def test_helpers_of_other_modules_of_the_user_count(load: Load) -> None:
    text = """
        import helpers
        from helpers import twice as double

        def make(data):
            return helpers.once(data) + double(data)
        """
    helpers = (
        "def once(x): return x\ndef twice(x): return x * TWO\nTWO = 2\ndef unused(): return 1\n"
    )
    load(helpers, "helpers")
    before = digest(load(text))
    load(helpers.replace("return 1", "return 2"), "helpers")
    assert digest(load(text)) == before
    for old, new in [("return x\n", "return +x\n"), ("TWO = 2", "TWO = 3")]:
        load(helpers.replace(old, new), "helpers")
        assert digest(load(text)) != before


def test_a_parser_that_other_threads_have_upset_is_asked_again(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    parse, calls = ast.parse, []

    def upset(*args: Any, **kwargs: Any) -> Any:
        calls.append(args)
        if len(calls) == 1:
            raise SystemError("AST constructor recursion depth mismatch (before=162, after=35)")
        return parse(*args, **kwargs)

    monkeypatch.setattr(ast, "parse", upset)
    assert code_of(load("def task(): return 1  # upset\n").task) is not None
    assert len(calls) == 2


def test_functions_that_call_each_other_end(load: Load) -> None:
    text = """
        def even(n): return n == 0 or odd(n - 1)
        def odd(n): return n != 0 and even(n - 1)
        def make(data): return make if data is None else even(data)
        """
    assert digest(load(text)) == digest(load(text)) != digest(load(text.replace("n != 0", "n > 0")))


def test_tasks_made_in_a_loop_differ_by_what_they_close_over(load: Load) -> None:
    module = load(
        """
        def maker(n):
            def make(data): return data + n
            return make

        one, two, other = maker(1), maker(2), maker(1)
        """
    )
    assert digest(module, "one") == digest(module, "other") != digest(module, "two")


def test_a_value_that_no_code_shows_counts_while_it_is_a_constant(load: Load) -> None:
    text = "DAY = __import__('os').environ.get('DAY_OF_TEST', 'x')\ndef make(d): return d + DAY\n"
    module = load(text)
    before = digest(module)
    module.DAY = "y"
    assert digest(module) != before


def test_what_tasks_fill_while_they_run_does_not_count(load: Load) -> None:
    module = load("SEEN = []\ndef make(d): SEEN.append(d)\n")
    before = digest(module)
    module.make(1)
    assert digest(module) == before


def test_objects_count_by_how_they_are_made(load: Load) -> None:
    text = "class C:\n    def __init__(self, n): self.n = n\nc = C({})\ndef make(d): return c.n\n"
    assert digest(load(text.format(1))) == digest(load(text.format(1)))
    assert digest(load(text.format(1))) != digest(load(text.format(2)))


def test_async_lambdas_and_methods_have_a_digest(load: Load) -> None:
    module = load(
        """
        import functools
        async def later(d): return d
        short = lambda d: d + 1
        class Tool:
            def run(self, d): return d
        method = Tool().run
        def wrap(f):
            @functools.wraps(f)
            def inner(*a): return f(*a)
            return inner
        @wrap
        def wrapped(d): return d
        """
    )
    assert len({digest(module, name) for name in ("later", "short", "method", "wrapped")}) == 4


def test_without_source_there_is_no_code(load: Load) -> None:
    scope: Any = {}
    exec("def made(d): return d", scope)
    pair = load("a, b = (lambda d: d), (lambda d: -d)\n")
    assert [code_of(one) for one in (scope["made"], len, pair.a)] == [None, None, None]


# --- the recipe -----------------------------------------------------------------------------------


def test_everything_named_counts() -> None:
    base: Any = {"code": "c", "version": None, "params": {"a": 1}, "inputs": [("x", "h")]}
    others: List[Any] = [
        {"code": "d"}, {"version": "1"}, {"params": {"a": 2}}, {"params": {"a": "1"}},
        {"params": {"b": 1}}, {"params": {}}, {"inputs": [("x", "i")]}, {"inputs": [("y", "h")]},
        {"inputs": []},
    ]  # fmt: skip
    made = [combine(**base), *[combine(**{**base, **other}) for other in others]]
    assert len(set(made)) == len(made)
    assert None not in made


def test_what_has_no_hash_of_its_own_makes_no_fingerprint() -> None:
    assert combine(code=None, version=None, params={}, inputs=[]) is None
    assert combine(code="c", version=None, params={}, inputs=[("x", None)]) is None
    assert combine(code="c", version=None, params={"a": object()}, inputs=[]) is None
    assert combine(code=None, version="1", params={}, inputs=[]) is not None


class Colour(Enum):
    RED = 1


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
    | st.binary() | st.dates() | st.decimals(allow_nan=False) | st.sampled_from(Colour),
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner)
    | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def typed(value: Any) -> Any:
    """Equal only for values that are alike down to their types."""
    if isinstance(value, (list, tuple)):
        return type(value), [typed(one) for one in value]
    if isinstance(value, dict):
        return dict, [(typed(key), typed(one)) for key, one in value.items()]
    return type(value), str(value) if isinstance(value, (float, Decimal)) else value


@given(VALUES, VALUES)
def test_literals_are_equal_where_values_are(one: Any, other: Any) -> None:
    assert (literal(one) == literal(other)) == (typed(one) == typed(other))


def test_literals_are_ascii_and_sets_have_an_order() -> None:
    assert literal("ä\u2028") == "str:'\\xe4\\u2028'"
    assert literal({"b", "a", "c"}) == literal({"c", "b", "a"}) == "set(str:'a',str:'b',str:'c')"
    assert literal(date(2024, 1, 31)) == "date:'datetime.date(2024, 1, 31)'"
    assert literal([object()]) is None


# --- syntax ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a[1]", "a[(1)]"),
        ("a[1, 2]", "a[(1, 2)]"),
        ("a[1:2, ::3]", "a[ 1:2 , ::3 ]"),
        ("u'text'", "'text'"),
        ("f'a' 'b' f'{x}'", "f'ab{x}'"),
        ("f'{x!r:>{n}}'", 'f"{x!r:>{n}}"'),
        ("0x10", "16"),
        ("def f():\n    'doc'\n    return 1", "def f(): return 1"),
        ("if a:\n    pass", "if (a): pass"),
    ],
)
def test_equal_syntax(one: str, other: str) -> None:
    assert canonical(ast.parse(one)) == canonical(ast.parse(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a[1]", "a[1,]"),
        ("1", "1.0"),
        ("1", "True"),
        ("'1'", "b'1'"),
        ("f'{x}'", "f'{x!s}'"),
        ("{**a}", "{None: a}"),
        ("a if b else c", "a if c else b"),
        ("f(*a)", "f(**a)"),
        ("def f(a, /): pass", "def f(a): pass"),
        ("def f(*, a): pass", "def f(a): pass"),
        ("def f():\n    return 1", "async def f():\n    return 1"),
        ("global a", "nonlocal a"),
        ("for a in b: pass\nelse: c", "for a in b: pass\nc"),
    ],
)
def test_other_syntax(one: str, other: str) -> None:
    assert canonical(ast.parse(one)) != canonical(ast.parse(other))


@pytest.mark.skipif(sys.platform == "emscripten", reason="WebAssembly's stack ends the process")
def test_a_tree_may_be_deep() -> None:
    node: ast.expr = ast.Name("a", ast.Load())
    for _ in range(3000):
        node = ast.BinOp(node, ast.Add(), ast.Name("a", ast.Load()))
    assert canonical(node).count("Add") == 3000


GOLDEN = "145c0ee51962649c15bd455abae27a67d73b2303fcef487ab87fbc47def1f31c"
