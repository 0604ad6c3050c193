"""Whether what one task produces can be read as what another one asks for."""

from __future__ import annotations

import collections
import collections.abc
import datetime
import decimal
import enum
import io
import numbers
import os
import sys
from pathlib import Path
from typing import (
    IO,
    Any,
    AnyStr,
    Callable,
    DefaultDict,
    Deque,
    Dict,
    FrozenSet,
    Generator,
    Generic,
    Iterable,
    Iterator,
    List,
    Literal,
    Mapping,
    NamedTuple,
    NewType,
    NoReturn,
    Optional,
    Sequence,
    Set,
    SupportsInt,
    TextIO,
    Tuple,
    Type,
    TypedDict,
    TypeVar,
    Union,
)

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glacier.core.codec import type_name
from glacier.core.typecheck import fits

if sys.version_info >= (3, 9):
    from typing import Annotated, Protocol
else:
    from typing_extensions import Annotated, Protocol

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)
UserId = NewType("UserId", int)


class Animal:
    pass


class Dog(Animal):
    pass


class Box(Generic[T]):
    """A generic class of the user's."""


class DogBox(Box[Dog]):
    pass


class Sink(Generic[T_contra]):
    """What is put into one is contravariant."""


class Frame:
    """Stands for a table of numpy, pandas or polars."""


class Schema(Frame, Generic[T]):
    """Stands for a table whose columns are known."""


class Barks(Protocol):
    def bark(self) -> str: ...


class Point(NamedTuple):
    x: int
    y: int


class Order(TypedDict):
    id: int


class Refund(TypedDict, total=False):
    id: int
    reason: str


class Color(enum.Enum):
    RED = 1
    BLUE = 2


class Level(enum.IntEnum):
    LOW = 1


FITS = [
    # classes
    (int, int),
    (Dog, Animal),
    (Schema[int], Frame),
    (Path, os.PathLike),
    (datetime.datetime, datetime.date),
    (collections.OrderedDict, dict),
    (int, numbers.Number),
    (Level, Level),
    # anything
    (Animal, object),
    (Animal, Any),
    (Any, Animal),
    # the numeric tower
    (bool, int),
    (int, float),
    (bool, float),
    (float, complex),
    (int, complex),
    (Level, int),
    (Level, float),
    # None, Optional, Union
    (None, None),
    (None, type(None)),
    (type(None), Optional[int]),
    (int, Optional[int]),
    (int, Optional[float]),
    (Optional[Dog], Optional[Animal]),
    (Union[int, str], Union[str, int, bytes]),
    (Union[int, bool], float),
    (Union[List[int], Tuple[int, ...]], Sequence[int]),
    # Literal and Enum
    (Literal["a"], str),
    (Literal["a"], Literal["a", "b"]),
    (Literal["a", 1], Union[int, str]),
    (Literal["a", None], Optional[str]),
    (Literal["a", "b"], Union[Literal["a"], Literal["b", "c"]]),
    (Literal[Color.RED], Color),
    (Color, Literal[Color.RED, Color.BLUE]),
    (str, Literal["a"]),  # which text it is, is not known
    (Optional[str], Literal["a", None]),
    # wrappers
    (UserId, int),
    (int, UserId),
    (UserId, float),
    (Annotated[int, "cents"], int),
    (List[Annotated[int, "cents"]], List[UserId]),
    # generics, covariant
    (List[int], List[int]),
    (List[int], List[float]),
    (List[Dog], List[Animal]),
    (List[int], list),
    (list, List[int]),
    (List, List[int]),
    (List[int], List[Any]),
    (List[int], List[T]),
    (List[List[int]], List[Sequence[float]]),
    (Dict[str, int], Dict[str, float]),
    (Set[bool], Set[int]),
    (FrozenSet[bool], FrozenSet[int]),
    (Box[int], Box[float]),
    (Box[int], Box),
    (DogBox, Box[Animal]),
    (DogBox, Box[int]),  # how its argument relates to that of Box is not looked up
    (Sink[Animal], Sink[Dog]),
    (Sink[Dog], Sink[Animal]),
    (Type[Dog], Type[Animal]),
    # one generic read as another
    (List[int], Sequence[int]),
    (List[int], Iterable[float]),
    (Set[int], collections.abc.Collection),
    (Deque[int], Iterable[int]),
    (Iterator[int], Iterable[int]),
    (Generator[int, str, bytes], Iterator[int]),
    (Generator[int, None, None], Generator[float, str, str]),
    (Dict[str, int], Mapping[str, float]),
    (DefaultDict[str, int], Dict[str, int]),
    (Dict[str, int], Iterable[str]),
    (str, Iterable[str]),
    (str, Sequence[str]),
    (bytes, Sequence[int]),
    (range, Iterable[float]),
    # tuples
    (Tuple[int, str], Tuple[int, str]),
    (Tuple[int, bool], Tuple[float, int]),
    (Tuple[int, int], Tuple[float, ...]),
    (Tuple[int, ...], Tuple[float, ...]),
    (Tuple[int, ...], Tuple[int, int]),  # how long it is, is not known
    (Tuple[int, ...], Tuple[()]),
    (Tuple[()], Tuple[()]),
    (Tuple[()], Tuple[int, ...]),
    (Tuple[()], Sequence[int]),
    (Tuple[int, int], tuple),
    (tuple, Tuple[int, int]),
    (Tuple[int, str], Sequence[Union[int, str]]),
    (Tuple[int, ...], Iterable[int]),
    (Point, tuple),
    (Point, Tuple[int, int]),
    # structures
    (Dog, Barks),
    (str, SupportsInt),
    (Order, Refund),
    (Order, dict),
    (Order, Mapping[str, object]),
    (dict, Order),
    (Dict[str, int], Order),
    # callables
    (Callable[[int], str], Callable),
    (Callable[[int], str], Callable[[str], int]),
    (type(len), Callable),
    # what cannot be known
    (T, int),
    (int, T),
    (AnyStr, str),
    (NoReturn, int),
    ("Undefined", int),
    (List[int], List["Undefined"]),  # noqa: F821
    (io.StringIO, TextIO),
    (IO[str], io.TextIOBase),
]
FITS_NOT = [
    (Animal, Dog),
    (object, int),
    (int, str),
    (str, bytes),
    (float, int),
    (complex, float),
    (int, bool),
    (decimal.Decimal, float),
    (datetime.date, datetime.datetime),
    (Frame, Schema[int]),
    (Frame, dict),
    (None, int),
    (int, None),
    (Optional[int], int),
    (Optional[Any], int),
    (Union[int, str], int),
    (int, Optional[str]),
    (Optional[Animal], Optional[Dog]),
    (Literal["a"], int),
    (Literal["a"], Literal["b"]),
    (Literal["a", "b"], Literal["a"]),
    (Literal["a", 1], Union[str, bytes]),
    (Literal["a"], Union[Literal["b"], int]),
    (Literal[Color.RED], Literal[Color.BLUE]),
    (int, Literal["a"]),
    (Color, str),
    (Color, Literal["RED"]),
    (UserId, str),
    (List[int], List[str]),
    (List[int], Dict[str, int]),
    (List[Animal], List[Dog]),
    (List[Optional[int]], List[int]),
    (List[List[int]], List[List[str]]),
    (Dict[str, int], Dict[int, int]),
    (Dict[str, int], Dict[str, str]),
    (Box[int], Box[str]),
    (Type[Animal], Type[Dog]),
    (Sequence[int], List[int]),
    (Iterable[int], Sequence[int]),
    (Iterator[int], List[int]),
    (List[int], Sequence[str]),
    (List[int], Iterator[int]),
    (Set[int], Sequence[int]),
    (Set[int], Iterable[str]),
    (Generator[int, None, None], Iterator[str]),
    (Mapping[str, int], Dict[str, int]),
    (Dict[str, int], Mapping[str, str]),
    (Dict[str, int], Iterable[int]),
    (str, Iterable[int]),
    (bytes, Iterable[str]),
    (int, Iterable[int]),
    (Tuple[int, str], Tuple[int, int]),
    (Tuple[int, int], Tuple[int]),
    (Tuple[int, int], Tuple[()]),
    (Tuple[()], Tuple[int]),
    (Tuple[int, ...], Tuple[str, ...]),
    (Tuple[int, ...], Tuple[str, str]),
    (Tuple[int, str], Tuple[int, ...]),
    (Tuple[int, str], Sequence[int]),
    (Tuple[int, int], List[int]),
    (List[int], Tuple[int, ...]),
    (Order, int),
    (int, Order),
    (List[int], Order),
    (int, Callable),
]


def name(pair: Any) -> str:
    return " as ".join(map(type_name, pair))


@pytest.mark.parametrize("pair", FITS, ids=name)
def test_fits(pair: Any) -> None:
    assert fits(*pair)


@pytest.mark.parametrize("pair", FITS_NOT, ids=name)
def test_fits_not(pair: Any) -> None:
    assert not fits(*pair)


@pytest.mark.skipif(sys.version_info < (3, 10), reason="unions are written with a bar from 3.10 on")
def test_the_notation_of_later_pythons_is_the_same() -> None:
    assert fits(list[int], List[float])
    assert fits(List[int], list[float])
    assert fits(int | None, Optional[float])
    assert fits(Optional[int], float | None)
    assert not fits(int | None, int)
    assert not fits(tuple[int, str], Tuple[int, int])
    assert fits(tuple[()], Tuple[()])


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tuples are unpacked from 3.11 on")
def test_how_many_an_unpacked_tuple_has_is_not_known() -> None:
    several = eval("tuple[int, *tuple[str, ...]]")
    assert fits(several, Tuple[int, str, str])
    assert fits(Tuple[int, str, str], several)
    assert fits(several, Sequence[str])
    assert not fits(several, List[str])


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the type statement came with 3.12")
def test_an_alias_is_what_it_stands_for_even_if_it_is_recursive() -> None:
    names: Dict[str, Any] = {}
    exec(
        "type Day = int\n"
        "type Json = dict[str, Json] | list[Json] | str | int | None\n"
        "type More = dict[str, More] | list[More] | str | float | None\n"
        "type Tree[T] = T | list[Tree[T]]\n",
        names,
    )
    day, json, more, tree = (names[one] for one in ("Day", "Json", "More", "Tree"))
    assert fits(day, int)
    assert fits(List[bool], List[day])
    assert not fits(str, day)
    assert fits(json, json)
    assert fits(json, more)
    assert not fits(more, json)
    assert fits(List[int], json)
    assert not fits(bytes, json)
    assert fits(tree[int], tree[float])
    assert not fits(tree[str], tree[int])


patient = settings(deadline=None)  # how long an example takes says nothing about types

# --- properties -----------------------------------------------------------------------------------

PLAIN = [int, str, float, bool, bytes, None, Animal, Dog, Color, Point, Order, Path]
FORMS = [
    Any,
    object,
    T,
    UserId,
    Barks,
    Literal["a"],
    Literal[1, None],
    "Undefined",
    list,
    Tuple[()],
]
LEAVES = st.sampled_from([*PLAIN, *FORMS])


def grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    one = st.sampled_from([List, Set, Sequence, Iterable, Iterator, Optional, Box, Deque])
    return st.one_of(
        st.builds(lambda form, arg: form[arg], one, inner),
        st.builds(lambda key, value: Dict[key, value], inner, inner),
        st.builds(lambda key, value: Mapping[key, value], inner, inner),
        st.builds(lambda left, right: Union[left, right], inner, inner),
        st.builds(lambda args: Tuple[tuple(args)], st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda arg: Tuple[arg, ...], inner),
        st.builds(lambda args, result: Callable[args, result], st.lists(inner, max_size=2), inner),
        st.builds(lambda arg: Annotated[arg, "a remark"], inner),
    )


TYPES = st.recursive(LEAVES, grown, max_leaves=6)


@patient
@given(TYPES)
def test_a_type_fits_itself_and_whatever_takes_all(kind: Any) -> None:
    assert fits(kind, kind)
    assert fits(kind, Any)
    assert fits(Any, kind)
    assert fits(kind, object)


@patient
@given(TYPES, TYPES)
def test_a_type_fits_a_union_with_it(kind: Any, other: Any) -> None:
    assert fits(kind, Union[kind, other])
    assert fits(kind, Union[other, kind])
    assert fits(kind, Optional[kind])


@patient
@given(TYPES, TYPES, TYPES)
def test_a_union_fits_what_all_of_its_members_fit(one: Any, other: Any, consumed: Any) -> None:
    assert fits(Union[one, other], consumed) == (fits(one, consumed) and fits(other, consumed))


@patient
@given(TYPES, TYPES)
def test_wrappers_change_nothing(produced: Any, consumed: Any) -> None:
    answer = fits(produced, consumed)
    assert fits(Annotated[produced, "a remark"], consumed) == answer
    assert fits(produced, Annotated[consumed, "a remark"]) == answer
    assert fits(List[produced], List[consumed]) == answer
    assert fits(Tuple[produced, int], Tuple[consumed, int]) == answer
    assert fits(List[produced], Iterable[consumed]) == answer


@patient
@given(st.sampled_from(PLAIN[6:]), st.sampled_from(PLAIN[6:]))
def test_of_classes_it_is_inheritance_that_decides(produced: Any, consumed: Any) -> None:
    assert fits(produced, consumed) == (produced is consumed or consumed in produced.__mro__)
