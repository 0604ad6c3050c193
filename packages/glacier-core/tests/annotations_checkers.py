"""Names that exist for type checkers only, one function per position.

Executed twice by ``test_annotations.py``, eagerly and under the future import.
"""

import sys
from typing import TYPE_CHECKING, Callable, Dict, Optional, Tuple

from glacier.core import Dataset, Secret

if sys.version_info >= (3, 9):
    from typing import Annotated
else:
    from typing_extensions import Annotated

CASES = {}


def case(meaning, *, eager=(3, 8)):
    """Register a form, what it means, and where it can be written without the future import."""
    return lambda declare: CASES.setdefault(declare.__name__, (declare, meaning, eager))[0]


if TYPE_CHECKING:
    import pandas as pd
    from pandas import DataFrame

try:
    import a_package_that_is_not_installed as absent
except ImportError:
    pass

raw, clean = Dataset("raw"), Dataset("clean")
good, bad = Dataset("good"), Dataset("bad")


# --- names for type checkers only -----------------------------------------------------------------


@case("data: raw -> clean", eager=(3, 14))
def type_for_checkers(pipeline):
    @pipeline.task
    def f(data: Annotated[pd.DataFrame, raw]) -> Annotated[DataFrame, clean]: ...


@case("data: raw -> clean")
def type_for_checkers_in_quotes(pipeline):
    @pipeline.task
    def f(data: "Annotated[pd.DataFrame, raw]") -> "Annotated[DataFrame, clean]": ...


@case("data: raw -> clean")
def type_for_checkers_in_quotes_within(pipeline):
    @pipeline.task
    def f(data: Annotated["pd.DataFrame", raw]) -> Annotated["DataFrame", clean]: ...


@case("a: raw, b: raw, c: raw -> clean")
def type_for_checkers_inside_another(pipeline):
    @pipeline.task
    def f(
        a: "Annotated[Dict[str, pd.DataFrame], raw]",
        b: "Annotated[Callable[[pd.DataFrame], pd.Series[int]], raw]",
        c: "Annotated[pd.DataFrame | None, raw]",
    ) -> clean: ...


@case("a: raw?, b: raw? -> clean")
def type_for_checkers_optional(pipeline):
    @pipeline.task
    def f(
        a: "Optional[Annotated[pd.DataFrame, raw]]", b: "Annotated[pd.DataFrame, raw] | None"
    ) -> clean: ...


@case("item: raw.each -> (good, bad)")
def type_for_checkers_each_and_outputs(pipeline):
    @pipeline.task
    def f(
        item: "Annotated[pd.Series, raw.each]",
    ) -> "Tuple[Annotated[pd.DataFrame, good], Annotated[pd.DataFrame, bad]]": ...


@case("data: raw, a: fixed, b: fixed, c: fixed, d: fixed -> clean")
def type_for_checkers_of_a_parameter_with_a_default(pipeline):
    @pipeline.task
    def f(
        data: raw,
        a: "pd.Series" = None,
        b: "Optional[DataFrame]" = None,
        c: "DataFrame | None" = None,
        d: "Dict[str, pd.DataFrame]" = None,
    ) -> clean: ...


@case("data: raw, a: fixed -> clean")
def type_of_a_package_that_is_absent(pipeline):
    @pipeline.task
    def f(data: raw, a: "absent.Client" = None) -> clean: ...


@case("key: secret crm-key, n: param int = 3 -> clean")
def note_for_checkers(pipeline):
    @pipeline.task
    def f(
        key: "Annotated[DataFrame, Secret('crm-key')]", n: "Annotated[int, pd.Interval(0)]" = 3
    ) -> clean: ...
