"""Everything else that a parameter may be, and every kind of callable, one function per form.

Executed twice by ``test_annotations.py``, eagerly and under the future import.
"""

import asyncio
import datetime
import enum
import functools
import sys
import uuid
from decimal import Decimal
from typing import Any, Callable, Dict, Generic, List, Literal, NewType, Optional, Tuple, TypeVar

from glacier.core import Context, Dataset, Secret

if sys.version_info >= (3, 9):
    from typing import Annotated
else:
    from typing_extensions import Annotated

CASES = {}


def case(meaning, *, eager=(3, 8)):
    """Register a form, what it means, and where it can be written without the future import."""
    return lambda declare: CASES.setdefault(declare.__name__, (declare, meaning, eager))[0]


raw, clean, good = Dataset("raw"), Dataset("clean"), Dataset("good")
T = TypeVar("T")
UserId = NewType("UserId", int)


class Row(Generic[T]):
    """A generic class of the user's."""


class Color(enum.Enum):
    RED = 1


# --- told: secrets, the context, run parameters ---------------------------------------------------


@case("key: secret crm-key -> clean")
def secret(pipeline):
    @pipeline.task
    def f(key: Annotated[str, Secret("crm-key")]) -> clean: ...


@case("key: secret crm-key, again: secret crm-key -> clean")
def secret_itself(pipeline):
    key_of_crm = Secret("crm-key")

    @pipeline.task
    def f(key: key_of_crm, again: "key_of_crm") -> clean: ...


@case("context: context, data: raw -> clean")
def context(pipeline):
    @pipeline.task
    def f(context: Context, data: raw) -> clean: ...


@case("a: context, b: context, *c: context -> clean")
def context_in_other_forms(pipeline):
    @pipeline.task
    def f(a: "Context", b: Optional[Context], *, c: Annotated[Context, "of the run"]) -> clean: ...


@case(
    "a: param str, b: param int = 1, c: param float = 2.0, d: param bool = True, "
    "e: param None = None -> clean"
)
def plain_parameters(pipeline):
    @pipeline.task
    def f(a: str, b: int = 1, c: float = 2, d: bool = True, e: None = None) -> clean: ...


@case(
    "a: param date, b: param datetime, c: param timedelta, d: param Decimal, e: param UUID -> clean"
)
def textual_parameters(pipeline):
    @pipeline.task
    def f(
        a: datetime.date, b: datetime.datetime, c: datetime.timedelta, d: Decimal, e: uuid.UUID
    ) -> clean: ...


@case(
    "a: param Color, b: param Literal['x', 1], c: param list[int], d: param dict[str, float]"
    " -> clean"
)
def structured_parameters(pipeline):
    @pipeline.task
    def f(a: Color, b: Literal["x", 1], c: List[int], d: Dict[str, float]) -> clean: ...


@case("a: param Optional[int] = None, *b: param Optional[str] -> clean")
def optional_parameters(pipeline):
    @pipeline.task
    def f(a: Optional[int] = None, *, b: "Optional[str]") -> clean: ...


@case(
    "a: param Optional[int], b: param list[int], c: param Union[int, str] -> clean", eager=(3, 10)
)
def parameters_in_later_notation(pipeline):
    @pipeline.task
    def f(a: int | None, b: list[int], c: int | str) -> clean: ...


@case("a: param int, b: param int = 3, *c: param UserId -> clean")
def parameters_with_remarks_and_new_names(pipeline):
    @pipeline.task
    def f(a: Annotated[int, "days"], b: "Annotated['int', 'days']" = 3, *, c: UserId) -> clean: ...


@case("a: param Any, b: param Literal['raw'] = raw -> clean")
def parameter_of_any_type(pipeline):
    @pipeline.task
    def f(a: Any, b: Literal["raw"] = "raw") -> clean: ...


@case("data: raw, a: param int = None -> clean")
def parameter_with_default_none(pipeline):
    @pipeline.task
    def f(data: raw, a: int = None) -> clean: ...


@case("data: raw, client: fixed -> clean")
def parameter_of_another_type_keeps_its_default(pipeline):
    @pipeline.task
    def f(data: raw, client: Row = None) -> clean: ...


@case("data: raw, a: fixed, b: fixed, c: fixed, d: fixed -> clean")
def parameters_of_other_types_keep_their_defaults(pipeline):
    @pipeline.task
    def f(
        data: raw,
        a: Callable[["Row"], int] = len,
        b: Optional[Row] = None,
        c: T = None,
        d: Tuple[int, ...] = (),
    ) -> clean: ...


# --- the function ---------------------------------------------------------------------------------


@case("data: raw, *more: good, *n: param int = 3 -> clean")
def keyword_only(pipeline):
    @pipeline.task
    def f(data: raw, *, more: good, n: int = 3) -> clean: ...


@case("a: raw, b: good, c: param int -> clean")
def positional_only(pipeline):
    @pipeline.task
    def f(a: raw, b: good, /, c: int) -> clean: ...


@case("a: raw, b: fixed, *c: good -> clean")
def positional_only_before_a_default(pipeline):
    @pipeline.task
    def f(a: raw, b: Row = None, /, *, c: good) -> clean: ...


@case("async data: raw -> clean")
def coroutine(pipeline):
    @pipeline.task
    async def f(data: raw) -> clean: ...


@case("data: raw -> clean")
def generator(pipeline):
    @pipeline.task
    def f(data: raw) -> clean:
        yield from data


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


@case("data: raw, n: param int = 3 -> clean")
def decorated(pipeline):
    @pipeline.task
    @logged
    @logged
    def f(data: raw, n: int = 3) -> clean: ...


@case("async data: raw -> clean")
def decorated_coroutine(pipeline):
    @pipeline.task
    @logged
    async def f(data: raw) -> clean: ...


@case("async data: raw -> clean")
def decorated_into_a_coroutine(pipeline):
    def in_a_thread(function):
        @functools.wraps(function)
        async def wrapper(*args, **kwargs):
            return await asyncio.to_thread(function, *args, **kwargs)

        return wrapper

    @pipeline.task
    @in_a_thread
    def f(data: raw) -> clean: ...


@case("data: raw -> clean")
def cached(pipeline):
    @pipeline.task
    @functools.lru_cache(maxsize=None)
    def f(data: raw) -> clean: ...


@case("data: raw, *n: param int = 3 -> clean")
def partial(pipeline):
    def f(unit: str, data: raw, n: int) -> clean: ...

    pipeline.task(functools.partial(f, "cent", n=3), name="f")


@case("*data: raw = [], *n: param int -> clean")
def partial_by_keyword(pipeline):
    def f(data: raw, n: int) -> clean: ...

    pipeline.task(functools.partial(f, data=[]), name="f")


@case("data: raw -> clean")
def partial_of_a_partial(pipeline):
    def f(a: int, b: int, data: raw) -> clean: ...

    pipeline.task(functools.partial(functools.partial(f, 1), 2), name="f")


@case("data: raw -> clean")
def decorated_partial(pipeline):
    def f(unit: str, data: raw) -> clean: ...

    pipeline.task(logged(functools.partial(f, "cent")), name="f")


class Cleaner:
    @logged
    def decorated(self, data: raw) -> clean: ...

    def method(self, data: raw, n: int = 3) -> clean: ...

    def __call__(self, data: raw) -> clean: ...

    @classmethod
    def of_the_class(cls, data: raw) -> clean: ...

    @staticmethod
    def of_no_one(data: raw) -> clean: ...


class Heir(Cleaner):
    pass


@case("data: raw, n: param int = 3 -> clean")
def bound_method(pipeline):
    pipeline.task(Cleaner().method)


@case("data: raw -> clean")
def bound_method_that_is_decorated(pipeline):
    pipeline.task(Cleaner().decorated)


@case("data: raw -> clean")
def class_method(pipeline):
    pipeline.task(Cleaner.of_the_class)


@case("data: raw -> clean")
def static_method(pipeline):
    pipeline.task(Cleaner.of_no_one)


@case("data: raw -> clean")
def callable_object(pipeline):
    pipeline.task(Cleaner(), name="f")


@case("data: raw, n: param int -> clean")
def callable_object_whose_call_is_static(pipeline):
    class Static:
        @staticmethod
        def __call__(data: raw, n: int) -> clean: ...

    pipeline.task(Static(), name="f")


@case("data: raw -> clean")
def callable_object_whose_call_is_cached(pipeline):
    class Cached:
        @functools.lru_cache  # noqa: B019  # it is not called
        def __call__(self, data: raw) -> clean: ...

    pipeline.task(Cached(), name="f")


@case("data: raw -> clean")
def callable_object_of_a_subclass(pipeline):
    pipeline.task(Heir(), name="f")


@case("data: raw, *n: param int = 1 -> clean")
def partial_of_a_method(pipeline):
    pipeline.task(functools.partial(Cleaner().method, n=1), name="f")


@case("-> nothing")
def function_without_parameters(pipeline):
    @pipeline.task
    def f() -> None: ...


@case("-> nothing")
def lambda_without_parameters(pipeline):
    pipeline.task(lambda: None, name="f")
