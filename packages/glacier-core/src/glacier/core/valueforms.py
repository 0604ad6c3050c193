"""The forms that a stored value can be read in: its annotation says which, the file is the same.

====================================================  ==============================================
form                                                  what the task is given
====================================================  ==============================================
``pandas.DataFrame``, ``polars.DataFrame``,           the table
``pyarrow.Table``, ``numpy.ndarray``
``polars.LazyFrame``, ``pyarrow.RecordBatchReader``   the table, read as far as it is used
``pathlib.Path``                                      the file
``collections.abc.Iterator``                          the items, one after the other; with the form
                                                      of an item in brackets
====================================================  ==============================================
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Iterator, Optional

from glacier.core.typeforms import get_args, get_origin

__all__ = ["STREAM", "form_of", "type_of_form"]

STREAM = "collections.abc.Iterator"

_FORMS = frozenset(
    (
        STREAM,
        "numpy.ndarray",
        "pandas.DataFrame",
        "pathlib.Path",
        "polars.DataFrame",
        "polars.LazyFrame",
        "pyarrow.RecordBatchReader",
        "pyarrow.Table",
    )
)


def form_of(kind: Any) -> str:
    """The name of the form that an annotated type asks for; empty for any other type."""
    origin = get_origin(kind) or kind
    module, name = getattr(origin, "__module__", ""), getattr(origin, "__qualname__", "")
    if module == "pathlib._local":  # Python 3.13
        module = "pathlib"
    if module != "collections.abc":  # where a library defines it is not where it is imported from
        module = module.partition(".")[0]
    form = f"{module}.{name}"
    if form == STREAM:
        item = form_of(get_args(kind)[0]) if get_args(kind) else ""
        return f"{form}[{item}]" if item else form
    return form if form in _FORMS else ""


def type_of_form(form: str) -> Optional[Any]:
    """The type of a form, ``None`` for the empty one.

    Raises ``ImportError`` where its library is not installed.
    """
    if not form:
        return None
    form, _, item = form.partition("[")
    if item:
        return Iterator[type_of_form(item[:-1])]  # type: ignore[misc]  # made at run time
    module, _, name = form.rpartition(".")
    return getattr(sys.modules.get(module) or import_module(module), name)
