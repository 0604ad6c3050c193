"""The bare form, ``data: raw``: shorthand that runs, and that type checkers cannot read.

A dataset is a value, and what a checker takes for a type is not. mypy and pyright say so at each
use, and see ``Any`` for the parameter. Code that is checked names the type too, by
``Annotated[list[int], raw]`` or by an alias of it, as ``tasks.py`` does.
"""

from __future__ import annotations

from typing import Optional

from glacier.core import Dataset, Pipeline

pipeline = Pipeline("shorthand")
raw, clean, bad = Dataset("raw"), Dataset("clean"), Dataset("bad")


@pipeline.task
def transform(data: raw) -> clean:  # type: ignore[valid-type]  # pyright: ignore[reportInvalidTypeForm, reportUnknownParameterType]
    return data  # pyright: ignore[reportUnknownVariableType]


@pipeline.task
def each(item: raw.each) -> clean:  # type: ignore[name-defined, valid-type]  # pyright: ignore[reportInvalidTypeForm, reportUnknownMemberType, reportUnknownParameterType]
    return item  # type: ignore[no-any-return]  # pyright: ignore[reportUnknownVariableType]


@pipeline.task
def several(data: raw) -> (clean, bad):  # type: ignore[syntax, valid-type]  # pyright: ignore[reportInvalidTypeForm, reportUnknownParameterType]
    return data, data  # pyright: ignore[reportUnknownVariableType]


@pipeline.task
def as_tuple(data: raw) -> tuple[clean, bad]:  # type: ignore[valid-type]  # pyright: ignore[reportInvalidTypeForm, reportUnknownParameterType]
    return data, data  # pyright: ignore[reportUnknownVariableType]


@pipeline.task
def optional(data: Optional[raw] = None, more: raw | None = None) -> None: ...  # type: ignore[valid-type]  # pyright: ignore[reportInvalidTypeForm, reportUnknownParameterType]
