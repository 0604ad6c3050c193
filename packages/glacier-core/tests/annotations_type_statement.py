"""Aliases by the ``type`` statement, and functions with type parameters, from Python 3.12 on.

Executed twice by ``test_annotations.py``, eagerly and under the future import.
"""

from typing import TYPE_CHECKING, Annotated

from glacier.core import Dataset

if TYPE_CHECKING:
    import pandas as pd

CASES = {}


def case(meaning, *, eager=(3, 12)):
    """Register a form, what it means, and where it can be written without the future import."""
    return lambda declare: CASES.setdefault(declare.__name__, (declare, meaning, eager))[0]


raw, clean = Dataset("raw"), Dataset("clean")
good, bad = Dataset("good"), Dataset("bad")

type Raw = Annotated[int, raw]
type Bare = raw
type Text = "Annotated[int, raw]"
type MaybeRaw = Raw | None
type Both = tuple[Annotated[int, good], bad]
type RawAs[T] = Annotated[list[T], raw]
type Maybe[T] = T | None
type Day = int
type Json = dict[str, Json] | list[Json] | str | int | None
type Row = dict[str, Row]


@case("data: raw<int> -> clean")
def alias(pipeline):
    @pipeline.task
    def f(data: Raw) -> clean: ...


@case("data: raw -> clean")
def alias_of_a_bare_dataset(pipeline):
    @pipeline.task
    def f(data: Bare) -> clean: ...


@case("data: raw<int> -> clean")
def alias_of_text(pipeline):
    @pipeline.task
    def f(data: Text) -> clean: ...


@case("data: raw<int> = None -> clean")
def alias_in_quotes_with_a_default(pipeline):
    @pipeline.task
    def f(data: "Raw" = None) -> clean: ...


@case("a: raw?<int>, b: raw?<int>, c: raw?<int> -> raw<int>")
def alias_that_is_optional(pipeline):
    @pipeline.task
    def f(a: MaybeRaw, b: Raw | None, c: Maybe[Raw]) -> Raw: ...


@case("-> (good<int>, bad)")
def alias_of_several_outputs(pipeline):
    @pipeline.task
    def f() -> Both: ...


@case("-> (raw<int>, bad)")
def alias_among_several_outputs(pipeline):
    @pipeline.task
    def f() -> tuple[Raw, bad]: ...


@case("data: raw<list[str]> -> clean")
def generic_alias(pipeline):
    @pipeline.task
    def f(data: RawAs[str]) -> clean: ...


@case("data: raw<list[T]> -> clean")
def generic_alias_without_its_argument(pipeline):
    @pipeline.task
    def f(data: RawAs) -> clean: ...


@case("data: raw? -> clean")
def generic_alias_of_a_dataset(pipeline):
    @pipeline.task
    def f(data: Maybe[raw]) -> clean: ...


@case("data: of-the-function<int> -> clean")
def local_alias(pipeline):
    here = Dataset("of-the-function")
    type Here = Annotated[int, here]

    @pipeline.task
    def f(data: Here) -> clean: ...


@case("data: step-1<int> -> clean")
def alias_in_a_loop(pipeline):
    tasks = []
    for number in range(3):
        source = Dataset(f"step-{number}")
        type Source = Annotated[int, source]

        @pipeline.task
        def f(data: Source) -> clean: ...

        tasks.append(f)
    return tasks[1]


@case("data: raw<dict[str, Row]> -> clean")
def alias_of_a_recursive_type(pipeline):
    @pipeline.task
    def f(data: Annotated[Row, raw]) -> clean: ...


@case("day: param int, days: param list[int] = [] -> clean")
def alias_of_a_parameter(pipeline):
    @pipeline.task
    def f(day: Day, days: list[Day] = []) -> clean: ...  # noqa: B006


@case(
    "config: param Optional[Union[dict[str, Json], list[Json], str, int]] = {'a': [1, None]} "
    "-> clean"
)
def recursive_alias_of_a_parameter(pipeline):
    @pipeline.task
    def f(config: Json = {"a": [1, None]}) -> clean: ...  # noqa: B006


@case("data: raw<T>, *more: good -> clean<list[T]>")
def function_with_type_parameters(pipeline):
    @pipeline.task
    def f[T](data: Annotated[T, raw], *, more: good) -> Annotated[list[T], clean]: ...


@case("data: of-the-function, row: fixed -> clean")
def function_with_type_parameters_and_a_local_dataset(pipeline):
    here = Dataset("of-the-function")

    @pipeline.task
    def f[T](data: here, row: T = None) -> clean: ...


@case("data: of-the-class<T> -> clean")
def class_with_type_parameters(pipeline):
    class Tasks[T]:
        source = Dataset("of-the-class")

        @pipeline.task
        @staticmethod
        def f(data: Annotated[T, source]) -> clean: ...


# --- mistakes -------------------------------------------------------------------------------------

MISTAKES = {}


def mistake(told):
    """Register a mistake and what is said of it."""
    return lambda declare: MISTAKES.setdefault(declare.__name__, (declare, told, (3, 12)))[0]


type OfCheckers = Annotated[pd.DataFrame, raw]
type Later = Annotated[int, rwa]
type Names[T] = Annotated[int, T]
type ListOfRaw = list[raw]


@mistake(
    "{f}: parameter 'data' is annotated 'pd', which is not defined. It stands in the alias "
    "OfCheckers, which needs it at run time."
)
def alias_with_a_type_for_checkers(pipeline):
    @pipeline.task
    def f(data: OfCheckers = None) -> clean: ...


@mistake(
    "{f}: parameter 'data' is annotated 'rwa', which is not defined. It stands in the alias Later, "
    "which needs it at run time."
)
def alias_of_what_is_not_defined(pipeline):
    @pipeline.task
    def f(data: Later = None) -> clean: ...


@mistake(
    "{f}: parameter 'data' is annotated \"Names[Dataset('raw')]\", which cannot be evaluated "
    "(TypeError: {any} is not a generic class). Correct the annotation."
)
def alias_whose_parameter_is_a_dataset(pipeline):
    @pipeline.task
    def f(data: Names[raw] = 1) -> clean: ...


@mistake(
    "{f}: parameter 'data' has Dataset('raw') inside another type. Write Annotated[…, raw] around "
    "the whole type."
)
def alias_with_a_dataset_inside(pipeline):
    @pipeline.task
    def f(data: ListOfRaw = ()) -> clean: ...


@mistake(
    "{f}: parameter 'data' has Dataset('raw') inside another type. Write Annotated[…, raw] around "
    "the whole type."
)
def alias_inside_a_list(pipeline):
    @pipeline.task
    def f(data: list[Raw] = ()) -> clean: ...


@mistake(
    "{f}: parameter 'data' names Dataset('raw') and Dataset('good') at once. Give each a parameter "
    "(or an output) of its own."
)
def alias_beside_another_dataset(pipeline):
    @pipeline.task
    def f(data: Annotated[Raw, good]) -> clean: ...
