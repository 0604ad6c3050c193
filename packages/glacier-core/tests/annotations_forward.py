"""Names that are defined after the task, at the top level of a module.

Executed twice by ``test_annotations.py``, eagerly and under the future import.
"""

from typing import Dict, List, Optional, Tuple

from glacier.core import Dataset, Pipeline

pipeline = Pipeline("forward")
first, second, third = Dataset("first"), Dataset("second"), Dataset("third")


@pipeline.task
def dataset(data: "later") -> "latest": ...


@pipeline.task
def mapped(item: "later.each") -> "(good, bad)": ...


@pipeline.task
def optional(data: Optional["later"] = None, more: "latest | None" = None) -> None: ...


@pipeline.task
def alias(data: "Later") -> None: ...


@pipeline.task
def outputs() -> Tuple["beta", "Annotated[Dict[str, Row], alpha]"]: ...


for source in (first, second):

    @pipeline.task(name=f"of-{source.name}")
    def loop(data: source, more: "later") -> "Tuple[source, gamma]": ...


source = third


@pipeline.task
def parameter(data: first, rows: "List[int]" = [1], row: "Optional[Row]" = None) -> None: ...  # noqa: B006


@pipeline.task
def never(data: "nowhere", more: "latr", last: "later.eech") -> None: ...


@pipeline.task
def task(data: "dataset", more: "unread") -> None: ...


@pipeline.task
def unread(data: "nowhere") -> None: ...


class Row:
    """A class that is defined after the tasks that use it."""


from typing import Any, Union  # noqa: E402

try:
    from typing import Annotated
except ImportError:
    from typing_extensions import Annotated

later, latest = Dataset("later"), Dataset("latest")
good, bad = Dataset("good"), Dataset("bad")
alpha, beta, gamma = Dataset("alpha"), Dataset("beta"), Dataset("gamma")
Later = Annotated[Union[int, Any], later]
