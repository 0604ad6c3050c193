"""Run parameters: which types, and that every value comes back as it was."""

from __future__ import annotations

import contextlib
import datetime
import decimal
import enum
import json
import sys
import uuid
from typing import (
    Any,
    Callable,
    Dict,
    List,
    Literal,
    NamedTuple,
    NewType,
    Optional,
    Sequence,
    Set,
    Tuple,
    TypeVar,
    Union,
)

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from glacier.core.codec import conform, decode, dumps, encode, is_parameter_type, parse, type_name

if sys.version_info >= (3, 9):
    from typing import Annotated
else:
    from typing_extensions import Annotated

Date, Datetime, Delta = datetime.date, datetime.datetime, datetime.timedelta
Decimal, UUID = decimal.Decimal, uuid.UUID
UserId = NewType("UserId", int)
UTC = datetime.timezone.utc
DAY, NOON = Date(2024, 1, 31), Datetime(2024, 1, 31, 12)


class Color(enum.Enum):
    RED = "r"
    BLUE = "b"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Right(enum.Flag):
    READ = 1
    WRITE = 2


class Text(str, enum.Enum):
    SHORT = "s"


class Name(str):
    """A class of the user's that is also a str."""


class Row(NamedTuple):
    n: int


patient = settings(deadline=None)  # how long an example takes says nothing about the codec

# --- types ----------------------------------------------------------------------------------------

TYPES = [
    str, int, float, bool, None, type(None), Any,
    Date, Datetime, Delta, Decimal, UUID, Color, Level, Right, Text,
    Literal["a", 1, True, None], Literal[Color.RED, "x"],
    list, List, List[int], List[List[Date]], List[Any],
    dict, Dict, Dict[str, int], Dict[str, List[Optional[float]]], Dict[Any, int],
    Optional[int], Optional[Date], Optional[List[str]], Union[int, str], Union[int, float, None],
    Union[Date, int, bool, List[int], Dict[str, int]], Union[Literal["auto"], Date],
    Annotated[int, "days"], List[Annotated[int, "days"]], UserId, Optional[UserId],
]  # fmt: skip
NO_TYPES = [
    object, bytes, complex, tuple, set, type, datetime.time, datetime.tzinfo, Name, Row, enum.Enum,
    Tuple[int, int], Set[int], Sequence[int], Dict[int, int], Dict[str, bytes], List[object],
    Callable[[int], int], TypeVar("T"), Literal[b"a"], 3, "int", [int], len,
    Union[Date, str], Union[Date, Datetime], Union[Color, str], Union[UUID, Decimal],
    Union[int, bytes], Union[str, Annotated[Union[Date, int], "a remark"]],
    Union[List[int], List[str]], Union[Dict[str, int], Dict[str, str]], Optional[Union[Date, str]],
]  # fmt: skip


@pytest.mark.parametrize("kind", TYPES, ids=type_name)
def test_parameter_type(kind: Any) -> None:
    assert is_parameter_type(kind)


@pytest.mark.parametrize("kind", NO_TYPES, ids=type_name)
def test_no_parameter_type(kind: Any) -> None:
    assert not is_parameter_type(kind)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (int, "int"),
        (None, "None"),
        (Any, "Any"),
        (Color, "Color"),
        (Date, "date"),
        (UserId, "UserId"),
        (List, "list"),
        (List[int], "list[int]"),
        (Dict[str, List[Date]], "dict[str, list[date]]"),
        (Optional[int], "Optional[int]"),
        (Union[int, str], "Union[int, str]"),
        (Union[int, None, str], "Optional[Union[int, str]]"),
        (Literal["a", 1, None, Color.RED], "Literal['a', 1, None, Color.RED]"),
        (Annotated[int, "days"], "int"),
        (Tuple[int, ...], "tuple[int, ...]"),
        (Callable[[int], str], "Callable[[int], str]"),
        (Callable[..., Any], "Callable[..., Any]"),
        (TypeVar("T"), "T"),
        ("Undefined", "'Undefined'"),
        ((int, str), "(int, str)"),
        (3, "3"),
    ],
)
def test_a_type_is_named_alike_on_every_python(kind: Any, name: str) -> None:
    assert type_name(kind) == name


@pytest.mark.skipif(sys.version_info < (3, 10), reason="unions are written with a bar from 3.10 on")
def test_the_notation_of_later_pythons_is_the_same() -> None:
    kind: Any = dict[str, list[int] | None]
    assert type_name(kind) == "dict[str, Optional[list[int]]]"
    assert conform({"a": [1], "b": None}, kind) == {"a": [1], "b": None}


# --- round trips ----------------------------------------------------------------------------------

# Up to a second less than a day, as an offset may be.
zones = st.integers(-86_399, 86_399).map(lambda one: datetime.timezone(Delta(seconds=one)))
SCALARS: Dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(),
    int: st.integers(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    type(None): st.none(),
    Date: st.dates(),
    Datetime: st.datetimes(timezones=st.none() | st.just(UTC) | zones),
    Delta: st.timedeltas(),
    Decimal: st.decimals(allow_nan=False, allow_infinity=False),
    UUID: st.uuids(),
    Color: st.sampled_from(Color),
    Level: st.sampled_from(Level),
    Text: st.sampled_from(Text),
    Literal["a", 1, True, None]: st.sampled_from(["a", 1, True, None]),
    Literal[Color.RED, "x"]: st.sampled_from([Color.RED, "x"]),
    Union[int, float]: st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    Union[int, str]: st.integers() | st.text(),
    Union[Literal["auto"], Date]: st.just("auto") | st.dates(),
    UserId: st.integers(),
    Any: st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=5,
    ),
}


def containers(pair: Tuple[Any, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    kind, values = pair
    return st.sampled_from(
        [
            (List[kind], st.lists(values, max_size=3)),
            (Dict[str, kind], st.dictionaries(st.text(), values, max_size=3)),
            (Annotated[kind, "a remark"], values),
        ]
    )


PAIRS = st.recursive(
    st.sampled_from(sorted(SCALARS.items(), key=str)),
    lambda inner: inner.flatmap(containers),
    max_leaves=3,
)


@st.composite
def parameters(draw: Any) -> Tuple[Any, Any]:
    """A parameter type, and a value of it."""
    kind, values = draw(PAIRS)
    if draw(st.booleans()):
        kind, values = Optional[kind], values | st.none()
    return kind, draw(values)


def same(left: Any, right: Any) -> bool:
    """Equal, and of one type all the way down; dates on one clock."""
    if type(left) is not type(right) or left != right:
        return False
    if isinstance(left, list):
        return all(map(same, left, right))
    if isinstance(left, dict):
        return all(same(left[key], right[key]) for key in left)
    if isinstance(left, Datetime):
        return left.utcoffset() == right.utcoffset()
    return str(left) == str(right)  # 1.0 and 1.00 are equal decimals


@patient
@given(parameters())
def test_a_value_of_a_type_conforms_to_it(parameter: Tuple[Any, Any]) -> None:
    kind, value = parameter
    assert is_parameter_type(kind)
    assert same(conform(value, kind), value)


@patient
@given(parameters())
def test_what_is_decoded_is_what_was_encoded(parameter: Tuple[Any, Any]) -> None:
    kind, value = parameter
    assert same(decode(encode(value), kind), value)
    assert same(decode(json.loads(dumps(value)), kind), value)


@patient
@given(parameters())
def test_what_is_parsed_is_what_was_written(parameter: Tuple[Any, Any]) -> None:
    kind, value = parameter
    form = encode(value)
    text = form if isinstance(form, str) else dumps(value)
    # Beside other types, and for Any, a text that is JSON is read as JSON.
    assume(not isinstance(value, str) or kind is str or value in ("a", "x", "auto"))
    assert same(parse(text, kind), value)


@patient
@given(parameters())
def test_the_canonical_form_is_stable(parameter: Tuple[Any, Any]) -> None:
    kind, value = parameter
    text = dumps(value)
    assert dumps(decode(json.loads(text), kind)) == text
    assert dumps(conform(value, kind)) == text


@patient
@given(st.dictionaries(st.text(), st.integers(), min_size=2), st.randoms())
def test_the_order_of_keys_does_not_matter(value: Dict[str, int], random: Any) -> None:
    items = list(value.items())
    random.shuffle(items)
    assert dumps(dict(items)) == dumps(value)


@patient
@given(parameters(), parameters())
def test_a_value_is_of_another_type_only_if_it_is_encoded_alike(
    one: Tuple[Any, Any], other: Tuple[Any, Any]
) -> None:
    kind, value = one[0], other[1]
    with contextlib.suppress(ValueError):
        assert conform(value, kind) == value


@patient
@given(st.text(), st.sampled_from(sorted(SCALARS, key=str)))
def test_no_text_makes_parse_raise_anything_but_value_error(text: str, kind: Any) -> None:
    with contextlib.suppress(ValueError):
        value = parse(text, kind)
        assert same(conform(value, kind), value)


# --- the one form, on every Python ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('é\n"', '"é\\n\\""'),
        (3, "3"),
        (True, "true"),
        (None, "null"),
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (1e16, "1e+16"),
        (0.1, "0.1"),
        (Date(2024, 1, 31), '"2024-01-31"'),
        (Date(1, 1, 1), '"0001-01-01"'),
        (Datetime(2024, 1, 31, 12), '"2024-01-31T12:00:00"'),
        (Datetime(2024, 1, 31, 12, 0, 0, 5, UTC), '"2024-01-31T12:00:00.000005+00:00"'),
        (Delta(seconds=5400), '"PT5400S"'),
        (Delta(days=-1, microseconds=500_000), '"-PT86399.5S"'),
        (Delta(0), '"PT0S"'),
        (Delta(microseconds=1), '"PT0.000001S"'),
        (Delta.max, '"PT86399999999999.999999S"'),
        (Delta.min, '"-PT86399999913600S"'),
        (Decimal("1.50"), '"1.50"'),
        (Decimal("1E+3"), '"1E+3"'),
        (UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        (Color.RED, '"RED"'),
        (Level.HIGH, '"HIGH"'),
        (Text.SHORT, '"SHORT"'),
        ([1, [Date(2024, 1, 31)]], '[1,["2024-01-31"]]'),
        ({"b": 1, "a": {"d": None, "c": []}}, '{"a":{"c":[],"d":null},"b":1}'),
    ],
)
def test_canonical_text(value: Any, text: str) -> None:
    assert dumps(value) == text


def test_the_decimal_context_changes_nothing() -> None:
    with decimal.localcontext() as context:
        context.capitals = 0
        context.prec = 2
        assert dumps(Decimal("1.2345E+30")) == '"1.2345E+30"'
        assert parse("1.2345e30", Decimal) == Decimal("1.2345E+30")


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("null", str, "null"),
        ("", str, ""),
        ("null", Optional[str], None),
        ("abc", Optional[str], "abc"),
        ("3", Union[int, str], 3),
        ("3", Union[str, int], 3),
        ("3", Union[float, int], 3),
        ("null", Optional[Annotated[Union[int, str], "a remark"]], None),
        ("3", Union[float, Annotated[Union[int, str], "a remark"]], 3),
        ("3", float, 3.0),
        ("1e3", float, 1000.0),
        ("true", bool, True),
        ("null", None, None),
        ("2024-01-31", Date, Date(2024, 1, 31)),
        ("2024-01-31", Optional[Date], Date(2024, 1, 31)),
        ("2024-01-31", Datetime, Datetime(2024, 1, 31)),
        ("2024-01-31T12:30", Datetime, Datetime(2024, 1, 31, 12, 30)),
        ("2024-01-31 12:30:01.123", Datetime, Datetime(2024, 1, 31, 12, 30, 1, 123_000)),
        ("2024-01-31T12:30Z", Datetime, Datetime(2024, 1, 31, 12, 30, tzinfo=UTC)),
        ("90", Delta, Delta(seconds=90)),
        ("-1.5", Delta, Delta(seconds=-1.5)),
        ("PT0.25S", Delta, Delta(milliseconds=250)),
        ("1.50", Decimal, Decimal("1.50")),
        ("-.5e-3", Decimal, Decimal("-0.0005")),
        ("00000000000000000000000000000001", UUID, UUID(int=1)),
        ("RED", Color, Color.RED),
        ("LOW", Level, Level.LOW),
        ("a", Literal["a", 1], "a"),
        ("1", Literal["a", 1], 1),
        ("true", Literal["b", True], True),
        ("RED", Literal[Color.RED, "x"], Color.RED),
        ('["2024-01-31"]', List[Date], [Date(2024, 1, 31)]),
        ('{"a": [1, null]}', Dict[str, List[Optional[int]]], {"a": [1, None]}),
        ("[1]", list, [1]),
        ("[1]", Any, [1]),
        ("abc", Any, "abc"),
        ("NaN", Any, "NaN"),
    ],
)
def test_command_line(text: str, kind: Any, value: Any) -> None:
    assert same(parse(text, kind), value)


# --- what is refused ------------------------------------------------------------------------------

REFUSED: List[Tuple[Any, Any, Any, str]] = [
    # an exact type: neither a subclass nor a lookalike
    (conform, "3", int, "'3' (a str) is not int"),
    (conform, 3, str, "3 (a int) is not str"),
    (conform, True, int, "True (a bool) is not int"),
    (conform, 1, bool, "1 (a int) is not bool"),
    (conform, 1.0, int, "1.0 (a float) is not int"),
    (conform, True, float, "True (a bool) is not float"),
    (conform, None, int, "None (a NoneType) is not int"),
    (conform, Name("x"), str, "'x' (a Name) is not str"),
    (conform, DAY, Datetime, "datetime.date(2024, 1, 31) (a date) is not datetime"),
    (conform, NOON, Date, "datetime.datetime(2024, 1, 31, 12, 0) (a datetime) is not date"),
    (conform, "2024-01-31", Date, "'2024-01-31' (a str) is not date"),
    (conform, "r", Color, "'r' (a str) is not Color"),
    (conform, 90, Delta, "90 (a int) is not timedelta"),
    (conform, (1, 2), List[int], "(1, 2) (a tuple) is not list[int]"),
    (conform, "x" * 100, int, "'" + "x" * 58 + "… (a str) is not int"),
    # unions and literals
    (conform, "x", Optional[int], "'x' (a str) is not Optional[int]"),
    (conform, "c", Literal["a", "b"], "'c' (a str) is not Literal['a', 'b']"),
    (conform, True, Literal[1], "True (a bool) is not Literal[1]"),
    # inside
    (conform, [1, "2"], List[int], "item 1: '2' (a str) is not int"),
    (conform, {"a": [1, "2"]}, Dict[str, List[int]], "key 'a': item 1: '2' (a str) is not int"),
    (conform, {1: 2}, Dict[str, int], "the keys of a dict must be strings, and 1 is none"),
    # what has no form
    (conform, float("nan"), float, "nan is not a finite number"),
    (conform, float("inf"), float, "inf is not a finite number"),
    (conform, 10**400, float, "1" + "0" * 58 + "… is not a finite number"),
    (conform, Decimal("NaN"), Decimal, "Decimal('NaN') is not a finite number"),
    (conform, DAY, Any, "datetime.date(2024, 1, 31) (a date) needs a type, not Any"),
    (conform, [DAY], list, "item 0: datetime.date(2024, 1, 31) (a date) needs a type, not Any"),
    (conform, float("nan"), Any, "nan is not a finite number"),
    # JSON
    (decode, "2024-01-32", Date, "'2024-01-32' (a str) is not date"),
    (decode, "r", Color, "'r' (a str) is not Color"),
    (decode, 3, Date, "3 (a int) is not date"),
    (decode, [1], Dict[str, int], "[1] (a list) is not dict[str, int]"),
    (decode, "x", Union[int, List[int]], "'x' (a str) is not Union[int, list[int]]"),
    # the command line: one notation on every Python
    (parse, "3.0", int, "3.0 (a float) is not int"),
    (parse, "three", int, "'three' (a str) is not int"),
    (parse, "True", bool, "'True' (a str) is not bool"),
    (parse, "NaN", float, "'NaN' (a str) is not float"),
    (parse, "1e400", float, "inf is not a finite number"),
    (parse, "20240131", Date, "'20240131' (a str) is not date"),
    (parse, "2024-W05-3", Date, "'2024-W05-3' (a str) is not date"),
    (parse, "2024-01-31T12", Datetime, "'2024-01-31T12' (a str) is not datetime"),
    (parse, "2024-01-31T24:00", Datetime, "'2024-01-31T24:00' (a str) is not datetime"),
    (parse, "2024-01-31x12:00", Datetime, "'2024-01-31x12:00' (a str) is not datetime"),
    (parse, "P1D", Delta, "'P1D' (a str) is not timedelta"),
    (parse, "PT5", Delta, "'PT5' (a str) is not timedelta"),
    (parse, "--5", Delta, "'--5' (a str) is not timedelta"),
    (parse, "1_000", Delta, "'1_000' (a str) is not timedelta"),
    (parse, "0.1234567", Delta, "'0.1234567' (a str) is not timedelta"),
    (parse, "9" * 20, Delta, f"'{'9' * 20}' (a str) is not timedelta"),
    (parse, "1_0", Decimal, "'1_0' (a str) is not Decimal"),
    (parse, "Infinity", Decimal, "'Infinity' (a str) is not Decimal"),
    (parse, "x", UUID, "'x' (a str) is not UUID"),
    (parse, "red", Color, "'red' (a str) is not Color"),
    (parse, "c", Literal["a", 1], "'c' (a str) is not Literal['a', 1]"),
    (parse, "[1, x]", List[int], "'[1, x]' (a str) is not list[int]"),
    (parse, '["1"]', List[int], "item 0: '1' (a str) is not int"),
]  # fmt: skip


@pytest.mark.parametrize(("convert", "value", "kind", "text"), REFUSED)
def test_refused(convert: Any, value: Any, kind: Any, text: str) -> None:
    with pytest.raises(ValueError) as caught:
        convert(value, kind)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (object(), "a value of type object cannot be a run parameter"),
        ((1, 2), "a value of type tuple cannot be a run parameter"),
        (float("nan"), "nan is not a finite number"),
        (Decimal("-Infinity"), "Decimal('-Infinity') is not a finite number"),
        ({1: 2}, "the keys of a dict must be strings, and 1 is none"),
        ([Name("x")], "a value of type Name cannot be a run parameter"),
    ],
)
def test_value_without_a_form(value: Any, text: str) -> None:
    with pytest.raises(ValueError) as caught:
        encode(value)
    assert str(caught.value) == text


def test_a_combination_of_flags_has_no_name_of_its_own() -> None:
    assert decode(encode(Right.READ), Right) is Right.READ
    for convert in (encode, lambda value: conform(value, Right)):
        with pytest.raises(ValueError, match="is not a single member of Right"):
            convert(Right.READ | Right.WRITE)


def test_lists_and_dicts_are_copies_of_the_plain_kind() -> None:
    class Items(List[int]):
        pass

    given = Items([1, 2])
    got = conform(given, List[int])
    assert got == [1, 2]
    assert type(got) is list
    got.append(3)
    assert given == [1, 2]
