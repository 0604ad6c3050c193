"""Annotations that are no edge, one function per mistake, and what each is told.

Executed twice by ``test_annotations.py``, eagerly and under the future import. Of a text, ``{f}``
stands for the task with its place, and ``{any}`` for what
differs between Pythons.
"""

import sys
from typing import (
    TYPE_CHECKING,
    Callable,
    Dict,
    Generic,
    Iterator,
    List,
    Optional,
    Set,
    Tuple,
    TypeVar,
    Union,
)

from glacier.core import Context, Dataset, Pipeline, Secret

if sys.version_info >= (3, 9):
    from typing import Annotated
else:
    from typing_extensions import Annotated

if TYPE_CHECKING:
    import pandas as pd

CASES = {}


def case(told, *, eager=(3, 8)):
    """Register a mistake, what is said of it, and where it can be made without that import."""
    return lambda declare: CASES.setdefault(declare.__name__, (declare, told, eager))[0]


raw, clean, good = Dataset("raw"), Dataset("clean"), Dataset("good")
Cents = Annotated[int, raw]
T = TypeVar("T")
pipeline_of_module = Pipeline("module")


class Row(Generic[T]):
    """A generic class of the user's."""


@pipeline_of_module.task
def extract() -> raw: ...


@pipeline_of_module.task
def split() -> (raw, good): ...


@pipeline_of_module.task
def notify(data: raw) -> None: ...


# --- no annotation --------------------------------------------------------------------------------


@case(
    "{f}: parameter 'data' has no annotation. Write 'data: <dataset>' to read a dataset, or a "
    "type such as 'data: int = 1' for a run parameter."
)
def no_annotation(pipeline):
    @pipeline.task
    def f(data) -> clean: ...


@case(
    "{f}: parameter 'raw' has no annotation. Did you mean 'raw: raw'? Write 'raw: <dataset>' "
    "to read a dataset, or a type such as 'raw: int = 1' for a run parameter."
)
def no_annotation_but_the_name_of_a_dataset(pipeline):
    @pipeline.task
    def f(raw) -> clean: ...


@case(
    "{f}: parameter 'self' has no annotation. A task is a plain function: make it a "
    "@staticmethod or move it out of the class."
)
def no_annotation_of_self(pipeline):
    class Tasks:
        @pipeline.task
        def f(self, data: raw) -> clean: ...


@case(
    "{f}: parameter 'data' has no annotation. Write 'data: <dataset>' to read a dataset, or a "
    "type such as 'data: int = 1' for a run parameter."
)
def no_annotation_of_a_lambda(pipeline):
    pipeline.task(lambda data: data, name="f")


@case("{f}: *args and **kwargs have no fixed datasets. Name each parameter.")
def any_number_of_arguments(pipeline):
    @pipeline.task
    def f(*data: raw) -> clean: ...


@case("{f}: *args and **kwargs have no fixed datasets. Name each parameter.")
def any_number_of_keywords(pipeline):
    @pipeline.task
    def f(data: raw, **options: int) -> clean: ...


# --- a task in the place of a dataset -------------------------------------------------------------


@case(
    "{f}: parameter 'data' is annotated with the task 'extract'; edges go through datasets. "
    "Annotate it with what the task produces: 'raw'."
)
def task(pipeline):
    @pipeline.task
    def f(data: extract) -> clean: ...


@case(
    "{f}: parameter 'data' is annotated with the task 'extract'; edges go through datasets. "
    "Annotate it with what the task produces: 'raw'."
)
def task_in_quotes(pipeline):
    @pipeline.task
    def f(data: "extract") -> clean: ...


@case(
    "{f}: parameter 'data' is annotated with the task 'split'; edges go through datasets. "
    "Annotate it with what the task produces: 'raw' and 'good'."
)
def task_with_several_outputs(pipeline):
    @pipeline.task
    def f(data: split) -> clean: ...


@case(
    "{f}: parameter 'data' is annotated with the task 'notify'; edges go through datasets. "
    "That task produces no dataset: give it a return annotation first."
)
def task_without_outputs(pipeline):
    @pipeline.task
    def f(data: notify) -> clean: ...


@case(
    "{f}: parameter 'data' is annotated with the task 'extract'; edges go through datasets. "
    "Annotate it with what the task produces: 'raw'."
)
def task_in_annotated(pipeline):
    @pipeline.task
    def f(data: Annotated[int, extract]) -> clean: ...


@case(
    "{f}: parameter 'data' is annotated with the task 'extract'; edges go through datasets. "
    "Annotate it with what the task produces: 'raw'."
)
def task_that_is_optional(pipeline):
    @pipeline.task
    def f(data: Optional[extract] = None) -> clean: ...


@case(
    "{f}: parameter 'data' is annotated with the task 'extract'; edges go through datasets. "
    "Annotate it with what the task produces: 'raw'."
)
def task_inside_a_list(pipeline):
    @pipeline.task
    def f(data: List[extract] = ()) -> clean: ...


@case(
    "{f}: the return is annotated with the task 'extract'; edges go through datasets. Annotate "
    "it with what the task produces: 'raw'."
)
def task_in_the_return(pipeline):
    @pipeline.task
    def f(data: raw) -> extract: ...


@case(
    "{f}: parameter 'data' has <Task extract ({file}:{any})> for its default. What a task "
    "reads stands in the annotation: 'data: …'."
)
def task_for_a_default(pipeline):
    @pipeline.task
    def f(data: Row = extract) -> clean: ...


# --- several datasets in one annotation -----------------------------------------------------------


@case(
    "{f}: parameter 'data' names Dataset('raw') and Dataset('good') at once. Give each a "
    "parameter (or an output) of its own."
)
def two_datasets_in_annotated(pipeline):
    @pipeline.task
    def f(data: Annotated[int, raw, good]) -> clean: ...


@case("{f}: parameter 'data' names Dataset('raw') and Dataset('raw') at once. Name it once.")
def one_dataset_twice_in_annotated(pipeline):
    @pipeline.task
    def f(data: Annotated[Cents, raw]) -> clean: ...


@case(
    "{f}: parameter 'data' names Dataset('good') and Dataset('raw') at once. Give each a "
    "parameter (or an output) of its own."
)
def dataset_for_the_type_of_another(pipeline):
    @pipeline.task
    def f(data: Annotated[raw, good]) -> clean: ...


@case(
    "{f}: parameter 'data' names Dataset('raw') and Dataset('good') at once. Give each a "
    "parameter (or an output) of its own."
)
def alias_in_quotes_for_the_type_of_another(pipeline):
    @pipeline.task
    def f(data: Annotated["Cents", good]) -> clean: ...


@case(
    "{f}: parameter 'data' names Dataset('good') and Dataset('raw') at once. Give each a "
    "parameter (or an output) of its own."
)
def optional_alias_for_the_type_of_another(pipeline):
    @pipeline.task
    def f(data: Annotated[Optional[Cents], good]) -> clean: ...


@case(
    "{f}: parameter 'data' names Dataset('raw') and Secret('crm-key') at once. Give each a "
    "parameter (or an output) of its own."
)
def dataset_and_secret(pipeline):
    @pipeline.task
    def f(data: Annotated[int, raw, Secret("crm-key")]) -> clean: ...


@case(
    "{f}: parameter 'data' joins Dataset('raw') | Dataset('good') in one annotation. It can "
    "name one dataset only, with nothing but 'None' beside it."
)
def union_of_two_datasets(pipeline):
    @pipeline.task
    def f(data: raw | good) -> clean: ...


@case(
    "{f}: parameter 'data' joins Dataset('raw') | Dataset('good') in one annotation. It can "
    "name one dataset only, with nothing but 'None' beside it."
)
def typing_union_of_two_datasets(pipeline):
    @pipeline.task
    def f(data: Union[Cents, Annotated[str, good], None]) -> clean: ...


@case(
    "{f}: parameter 'data' joins Dataset('raw') | int in one annotation. It can name one "
    "dataset only, with nothing but 'None' beside it."
)
def union_of_a_dataset_and_a_type(pipeline):
    @pipeline.task
    def f(data: raw | int = 3) -> clean: ...


@case(
    "{f}: the return joins Dataset('clean') | Dataset('good') in one annotation. It can name "
    "one dataset only, with nothing but 'None' beside it."
)
def union_of_outputs(pipeline):
    @pipeline.task
    def f(data: raw) -> clean | good: ...


# --- a dataset inside something -------------------------------------------------------------------


@case(
    "{f}: parameter 'data' has Dataset('raw') inside another type. Write Annotated[…, raw] "
    "around the whole type."
)
def dataset_inside_a_list(pipeline):
    @pipeline.task
    def f(data: List[raw]) -> clean: ...


@case(
    "{f}: parameter 'data' has Dataset('raw') inside another type. Write Annotated[…, raw] "
    "around the whole type."
)
def dataset_inside_a_builtin_list_with_a_default(pipeline):
    @pipeline.task
    def f(data: "list[raw]" = ()) -> clean: ...


@case(
    "{f}: parameter 'data' has Dataset('raw') inside another type. Write Annotated[…, raw] "
    "around the whole type."
)
def dataset_deep_inside_a_dict(pipeline):
    @pipeline.task
    def f(data: Dict[str, List[Annotated[int, raw]]] = None) -> clean: ...


@case(
    "{f}: parameter 'data' has Dataset('raw') inside another type. Write Annotated[…, raw] "
    "around the whole type."
)
def dataset_inside_a_callable(pipeline):
    @pipeline.task
    def f(data: Callable[["raw"], int] = len) -> clean: ...


@case(
    "{f}: parameter 'key' has Secret('crm-key') inside another type. Write Annotated[…, "
    "Secret('crm-key')] around the whole type."
)
def secret_inside_a_list(pipeline):
    @pipeline.task
    def f(key: List[Annotated[str, Secret("crm-key")]]) -> clean: ...


@case(
    "{f}: parameter 'item' has Dataset('raw').each inside another type. Write Annotated[…, "
    "raw.each] around the whole type."
)
def mapped_dataset_inside_an_optional_list(pipeline):
    @pipeline.task
    def f(item: Optional[List[raw.each]] = None) -> clean: ...


@case(
    "{f}: parameter 'data' has Dataset('raw') inside a tuple. Give each input a parameter of "
    "its own, and write several outputs as a tuple: '-> (good, bad)'."
)
def datasets_in_a_tuple(pipeline):
    @pipeline.task
    def f(data: (raw, good)) -> clean: ...


@case(
    "{f}: parameter 'data' has Dataset('raw') inside a tuple. Give each input a parameter of "
    "its own, and write several outputs as a tuple: '-> (good, bad)'."
)
def datasets_in_a_typing_tuple(pipeline):
    @pipeline.task
    def f(data: Tuple[raw, good] = ()) -> clean: ...


@case(
    "{f}: parameter 'data' has Dataset('raw') inside a list. Give each input a parameter of "
    "its own, and write several outputs as a tuple: '-> (good, bad)'."
)
def datasets_in_a_list(pipeline):
    @pipeline.task
    def f(data: [raw, good] = ()) -> clean: ...


@case(
    "{f}: parameter 'data' has Dataset('raw') inside a dict. Give each input a parameter of "
    "its own, and write several outputs as a tuple: '-> (good, bad)'."
)
def datasets_in_a_dict(pipeline):
    @pipeline.task
    def f(data: {"raw": raw} = None) -> clean: ...


@case(
    "{f}: the return has Dataset('good') inside a list. Give each input a parameter of its "
    "own, and write several outputs as a tuple: '-> (good, bad)'."
)
def outputs_in_a_list(pipeline):
    @pipeline.task
    def f(data: raw) -> [good, clean]: ...


@case(
    "{f}: the return has Dataset('good') inside another type. Write Annotated[…, good] around "
    "the whole type."
)
def outputs_inside_a_set(pipeline):
    @pipeline.task
    def f(data: raw) -> Set[good]: ...


@case(
    "{f}: the return has Dataset('good') inside a tuple. Give each input a parameter of its "
    "own, and write several outputs as a tuple: '-> (good, bad)'."
)
def optional_around_several_outputs(pipeline):
    @pipeline.task
    def f(data: raw) -> Optional[Tuple[good, clean]]: ...


@case(
    "{f}: parameter 'data' has Dataset('raw') inside a note of Annotated. A dataset stands "
    "there by itself: Annotated[…, raw]; where it may be None: Optional[Annotated[…, raw]]."
)
def optional_in_a_note(pipeline):
    @pipeline.task
    def f(data: Annotated[int, raw | None]) -> clean: ...


@case(
    "{f}: the return has Dataset('good') inside a note of Annotated. A dataset stands there by "
    "itself: Annotated[…, good]; where it may be None: Optional[Annotated[…, good]]."
)
def datasets_in_a_note(pipeline):
    @pipeline.task
    def f(data: raw) -> Annotated[Tuple[int, int], (good, clean)]: ...


@case(
    "{f}: parameter 'data' is annotated 'raw', which cannot be evaluated (TypeError: inside "
    "Annotated a dataset stands without quotes). Correct the annotation."
)
def dataset_in_quotes_in_a_note(pipeline):
    @pipeline.task
    def f(data: Annotated[int, "raw"]) -> clean: ...


@case(
    "{f}: parameter 'item' is annotated 'raw.each', which cannot be evaluated (TypeError: inside "
    "Annotated a dataset stands without quotes). Correct the annotation."
)
def mapped_dataset_in_quotes_in_a_note(pipeline):
    @pipeline.task
    def f(item: Annotated[int, "raw.each"] = 1) -> clean: ...


@case(
    "{f}: parameter 'data' is annotated with the class Dataset, not with one of its objects. Name "
    "the object itself: 'data: raw', where raw = Dataset('raw')."
)
def class_of_datasets_in_a_note(pipeline):
    @pipeline.task
    def f(data: Annotated[int, Dataset] = 1) -> clean: ...


# --- the return -----------------------------------------------------------------------------------


@case(
    "{f}: the return is annotated int, which is no dataset, so its value would be lost. Write "
    "'-> Annotated[int, dataset]' to produce one, or '-> None'."
)
def returns_a_type(pipeline):
    @pipeline.task
    def f(data: raw) -> int: ...


@case(
    "{f}: the return is annotated Iterator[dict[str, int]], which is no dataset, so its value "
    "would be lost. Write '-> Annotated[Iterator[dict[str, int]], dataset]' to produce one, or "
    "'-> None'."
)
def returns_a_generic_type(pipeline):
    @pipeline.task
    def f(data: raw) -> Iterator[Dict[str, int]]: ...


@case(
    "{f}: the return is annotated pd.DataFrame, which is no dataset, so its value would be "
    "lost. Write '-> Annotated[pd.DataFrame, dataset]' to produce one, or '-> None'."
)
def returns_a_type_for_checkers(pipeline):
    @pipeline.task
    def f(data: raw) -> "pd.DataFrame": ...


@case(
    "{f}: the return is annotated Secret('crm-key'), which is no dataset, so its value would "
    "be lost. Write '-> dataset' to produce one, or '-> None'."
)
def returns_a_secret(pipeline):
    @pipeline.task
    def f(data: raw) -> Secret("crm-key"): ...


@case(
    "{f}: the return is annotated Context, which is no dataset, so its value would be lost. "
    "Write '-> Annotated[Context, dataset]' to produce one, or '-> None'."
)
def returns_the_context(pipeline):
    @pipeline.task
    def f(data: raw) -> Context: ...


@case(
    "{f}: the return is annotated 3, which is no dataset, so its value would be lost. Write "
    "'-> dataset' to produce one, or '-> None'."
)
def returns_a_value(pipeline):
    @pipeline.task
    def f(data: raw) -> 3: ...


@case(
    "{f}: the return is annotated int, which is no dataset, so its value would be lost. Write "
    "'-> Annotated[int, dataset]' to produce one, or '-> None'."
)
def returns_several_and_a_type(pipeline):
    @pipeline.task
    def f(data: raw) -> Tuple[good, int]: ...


@case("{f}: the return has '...' among its datasets. Name each of them.")
def returns_any_number(pipeline):
    @pipeline.task
    def f(data: raw) -> Tuple[good, ...]: ...


@case(
    "{f}: the return is annotated Dataset('clean').each, but '.each' is for parameters. Write "
    "'-> dataset': a task that maps returns the result for one item, and the dataset collects "
    "the results."
)
def returns_a_mapped_dataset(pipeline):
    @pipeline.task
    def f(item: raw.each) -> clean.each: ...


@case(
    "{f}: the return is annotated Dataset('clean').each, but '.each' is for parameters. Write "
    "'-> dataset': a task that maps returns the result for one item, and the dataset collects "
    "the results."
)
def returns_a_mapped_dataset_with_a_type(pipeline):
    @pipeline.task
    def f(item: raw.each) -> Annotated[int, clean.each]: ...


@case("{f}: the return annotation names a dataset twice. Name each once.")
def returns_a_dataset_twice(pipeline):
    @pipeline.task
    def f(data: raw) -> (good, clean, good): ...


@case("{f}: the task is an async generator. Return a list of what it yields.")
def returns_from_an_async_generator(pipeline):
    @pipeline.task
    async def f(data: raw) -> clean:
        yield data
