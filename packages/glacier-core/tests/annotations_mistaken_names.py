"""Annotations with names that lead nowhere, one function per mistake, and what each is told.

Executed twice by ``test_annotations.py``, eagerly and under the future import. Of a text, ``{f}``
stands for the task with its place, ``{inside}`` for what is said inside functions, and ``{any}``
for what differs between Pythons.
"""

import sys
import types
from typing import TYPE_CHECKING, List, Optional, Tuple

from glacier.core import Dataset

if sys.version_info >= (3, 9):
    from typing import Annotated
else:
    from typing_extensions import Annotated

warehouse = types.ModuleType("annotations_warehouse")
warehouse.orders = Dataset("orders")
sys.modules["annotations_warehouse"] = warehouse

warehouse.Orders = Optional[Annotated[int, warehouse.orders]]

if TYPE_CHECKING:
    from typing import Annotated as Noted

    import annotations_warehouse
    import pandas as pd
    from annotations_warehouse import Orders, orders
    from pandas import DataFrame

CASES = {}


def case(told, *, eager=(3, 8)):
    """Register a mistake, what is said of it, and where it can be made without that import."""
    return lambda declare: CASES.setdefault(declare.__name__, (declare, told, eager))[0]


raw, clean, good = Dataset("raw"), Dataset("clean"), Dataset("good")
Cents = Annotated[int, raw]


class Registry:
    raw = Dataset("raw-of-registry")


# --- what is not defined --------------------------------------------------------------------------


@case(
    "{f}: parameter 'data' is annotated 'rwa', which is not defined. Did you mean 'raw'? {inside}"
)
def undefined_name_near_a_dataset(pipeline):
    @pipeline.task
    def f(data: "rwa") -> clean: ...


@case(
    "{f}: parameter 'data' is annotated 'invoices', which is not defined. Define the dataset "
    "before the task. Datasets that are defined there: 'Cents', 'clean', 'good' and 'raw'. "
    "{inside}"
)
def undefined_name_near_none(pipeline):
    @pipeline.task
    def f(data: "invoices") -> clean: ...


@case(
    "{f}: parameter 'data' is annotated 'Invoces', which is not defined. Did you mean "
    "'Invoices'? {inside}"
)
def undefined_name_near_an_alias(pipeline):
    def inside():
        Invoices = Annotated[int, Dataset("invoices")]  # noqa: F841  # it is to be suggested

        @pipeline.task
        def f(data: "Invoces") -> clean: ...

    inside()


@case(
    "{f}: parameter 'data' is annotated 'invoices', which is not defined. Define the dataset "
    "before the task. Datasets that are defined there: 'Cents', 'clean', 'good' and 'raw'. "
    "{inside}"
)
def undefined_name_with_a_default(pipeline):
    @pipeline.task
    def f(data: "invoices" = None) -> clean: ...


@case(
    "{f} has 2 problems:\n"
    "  1. {f}: parameter 'data' is annotated 'invoices', which is not defined. Define the "
    "dataset before the task. Datasets that are defined there: 'Cents', 'clean', 'good' and "
    "'raw'. {inside}\n"
    "  2. {f}: parameter 'more' is annotated 'invoices', which is not defined. Define the "
    "dataset before the task. Datasets that are defined there: 'Cents', 'clean', 'good' and "
    "'raw'. {inside}"
)
def undefined_name_that_is_optional(pipeline):
    @pipeline.task
    def f(data: "Optional[invoices]" = None, more: "invoices | None" = None) -> clean: ...


@case(
    "{f}: parameter 'item' is annotated 'rwa.each', which is not defined. Did you mean 'raw'? "
    "{inside}"
)
def undefined_name_that_is_mapped(pipeline):
    @pipeline.task
    def f(item: "rwa.each") -> clean: ...


@case(
    "{f}: parameter 'data' is annotated 'rwa', which is not defined. Did you mean 'raw'? {inside}"
)
def undefined_name_in_a_note(pipeline):
    @pipeline.task
    def f(data: "Annotated[int, rwa]" = 1) -> clean: ...


@case(
    "{f}: parameter 'data' is annotated 'rwa', which is not defined. Did you mean 'raw'? {inside}"
)
def undefined_name_beside_a_dataset(pipeline):
    @pipeline.task
    def f(data: "Annotated[int, raw, rwa]") -> clean: ...


@case(
    "{f}: parameter 'data' is annotated 'rwa', which is not defined. Did you mean 'raw'? {inside}"
)
def undefined_name_inside_a_list(pipeline):
    @pipeline.task
    def f(data: "List[rwa]" = ()) -> clean: ...


@case("{f}: the return is annotated 'claen', which is not defined. Did you mean 'clean'? {inside}")
def undefined_name_in_the_return(pipeline):
    @pipeline.task
    def f(data: raw) -> "claen": ...


@case("{f}: the return is annotated 'claen', which is not defined. Did you mean 'clean'? {inside}")
def undefined_name_among_several_outputs(pipeline):
    @pipeline.task
    def f(data: raw) -> "Tuple[good, claen]": ...


@case(
    "{f}: parameter 'data' is annotated 'later', which is not defined. Define the dataset "
    "before the task. Datasets that are defined there: 'Cents', 'clean', 'good' and 'raw'. "
    "{inside}"
)
def dataset_that_is_defined_later(pipeline):
    @pipeline.task
    def f(data: "later") -> clean: ...

    later = Dataset("later")
    assert later


@case(
    "{f}: parameter 'data' is annotated 'pd.Series', which is not defined. It is there for type "
    "checkers only: define or import it at run time too."
)
def dataset_inside_a_type_for_checkers(pipeline):
    @pipeline.task
    def f(data: "pd.Series[raw]" = None) -> clean: ...


@case(
    "{f}: parameter 'data' is annotated 'pd.Series.of', which is not defined. It is there for type "
    "checkers only: define or import it at run time too."
)
def dataset_given_to_a_function_for_checkers(pipeline):
    @pipeline.task
    def f(data: "pd.Series.of(raw, more=3)" = None) -> clean: ...


@case(
    "{f}: parameter 'data' is annotated 'rwa', which is not defined. Did you mean 'raw'? {inside}"
)
def undefined_name_inside_a_type_for_checkers(pipeline):
    @pipeline.task
    def f(data: "pd.Series[rwa]" = None) -> clean: ...


@case(
    "{f}: parameter 'data' is annotated 'raw if flag else good', which cannot be evaluated "
    "(NameError: name 'flag' is not defined). Correct the annotation."
)
def condition_that_is_not_defined(pipeline):
    @pipeline.task
    def f(data: "raw if flag else good") -> clean: ...


@case(
    "{f}: parameter 'data' is annotated 'tuple[(*Ts,)]', which cannot be evaluated "
    "(TypeError: {any}). Correct the annotation."
)
def unpacking_of_what_is_not_defined(pipeline):
    @pipeline.task
    def f(data: "tuple[(*Ts,)]" = None) -> clean: ...


@case(
    "{f}: parameter 'data' is annotated 'Registry.rwa', which cannot be evaluated "
    "(AttributeError: type object 'Registry' has no attribute 'rwa'). {any}",
    eager=(3, 14),
)
def deferred_attribute_that_is_misspelt(pipeline):
    @pipeline.task
    def f(data: Registry.rwa, more: raw) -> clean: ...


@case(
    "{f}: parameter 'data' is annotated 'rwa', which is not defined. Did you mean 'raw'? {inside}",
    eager=(3, 14),
)
def deferred_name_that_is_not_defined(pipeline):
    @pipeline.task
    def f(data: rwa, more: "raw") -> clean: ...


@case(
    "{f}: parameter 'data' has type DataFrame: neither a dataset nor a run parameter. Write "
    "Annotated[DataFrame, dataset] to read a dataset. {kinds}"
)
def type_for_checkers(pipeline):
    @pipeline.task
    def f(data: "DataFrame") -> clean: ...


@case(
    "{f}: parameter 'data' is annotated 'orders', which is not defined. "
    "It is there for type checkers only: define or import it at run time too."
)
def dataset_imported_for_checkers(pipeline):
    @pipeline.task
    def f(data: "orders" = None) -> clean: ...


@case(
    "{f}: parameter 'data' is annotated 'Orders', which is not defined. "
    "It is there for type checkers only: define or import it at run time too."
)
def alias_imported_for_checkers(pipeline):
    @pipeline.task
    def f(data: "Orders" = None) -> clean: ...


@case(
    "{f}: parameter 'data' is annotated 'Bookings', which is not defined. Define the dataset "
    "before the task. Datasets that are defined there: 'Cents', 'clean', 'good' and 'raw'. {inside}"
)
def alias_defined_for_checkers(pipeline):
    @pipeline.task
    def f(data: "Bookings" = None) -> clean: ...


@case(
    "{f}: parameter 'data' is annotated 'Noted', which is not defined. "
    "It is there for type checkers only: define or import it at run time too."
)
def annotated_imported_for_checkers(pipeline):
    @pipeline.task
    def f(data: "Noted[int, raw]" = None) -> clean: ...


@case(
    "{f}: parameter 'data' is annotated 'annotations_warehouse.orders', which is not defined. "
    "It is there for type checkers only: define or import it at run time too."
)
def dataset_of_a_module_imported_for_checkers(pipeline):
    @pipeline.task
    def f(data: "Annotated[pd.DataFrame, annotations_warehouse.orders]") -> clean: ...


@case(
    "{f}: parameter 'data' is annotated 'typing.Optional', which is not defined. Define the "
    "dataset before the task. Datasets that are defined there: 'Cents', 'clean', 'good' and "
    "'raw'. {inside}"
)
def module_that_is_not_imported(pipeline):
    @pipeline.task
    def f(data: "typing.Optional[raw]") -> clean: ...


# --- what cannot be evaluated ---------------------------------------------------------------------


@case(
    "{f}: parameter 'data' is annotated 'Annotated[int, raw', which cannot be evaluated "
    "(SyntaxError: {any}). Correct the annotation."
)
def syntax_error(pipeline):
    @pipeline.task
    def f(data: "Annotated[int, raw") -> clean: ...


@case(
    "{f}: parameter 'data' is annotated '', which cannot be evaluated (SyntaxError: {any}). "
    "Correct the annotation."
)
def empty_text(pipeline):
    @pipeline.task
    def f(data: "" = None) -> clean: ...


@case(
    "{f}: parameter 'data' is annotated 'Registry.rwa', which cannot be evaluated "
    "(AttributeError: type object 'Registry' has no attribute 'rwa'). {any}"
)
def misspelt_attribute(pipeline):
    @pipeline.task
    def f(data: "Registry.rwa") -> clean: ...


@case(
    "{f}: parameter 'data' is annotated \"datasets['rwa']\", which cannot be evaluated "
    "(KeyError: 'rwa'). Correct the annotation."
)
def misspelt_item(pipeline):
    datasets = {"raw": raw}

    @pipeline.task
    def f(data: "datasets['rwa']" = None) -> clean: ...


@case(
    "{f}: parameter 'data' is annotated 'Registry.rwa', which cannot be evaluated "
    "(AttributeError: type object 'Registry' has no attribute 'rwa'). {any}"
)
def misspelt_attribute_inside_a_list(pipeline):
    @pipeline.task
    def f(data: "List['Registry.rwa']" = ()) -> clean: ...


@case(
    "{f}: parameter 'data' is annotated 'raw()', which cannot be evaluated (NotCallable: "
    "Dataset('raw') is not a function and cannot be called. In a task its value is the "
    "parameter that is annotated with it, and after a run it is run[dataset].). Correct the "
    "annotation."
)
def dataset_that_is_called(pipeline):
    @pipeline.task
    def f(data: "raw()") -> clean: ...


@case(
    "{f}: parameter 'data' is annotated 'here', which cannot be evaluated (RecursionError: it "
    "refers to itself). Correct the annotation."
)
def text_that_refers_to_itself(pipeline):
    here = "here"

    @pipeline.task
    def f(data: here = None) -> clean: ...
