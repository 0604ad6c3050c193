"""The forms that a stored value can be read in: its annotation says which, and the file is the same.

====================================================  ==============================================
form                                                  what the task is given
====================================================  ==============================================
``pandas.DataFrame``, ``polars.DataFrame``,           the table
``pyarrow.Table``, ``numpy.ndarray``
``polars.LazyFrame``, ``pyarrow.RecordBatchReader``   the table, read as far as it is used
``pathlib.Path``                                      the file
``collections.abc.Iterator``                          the items, one after the other
====================================================  ==============================================
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Optional

from glacier.core.typeforms import get_origin

__all__ = ["form_of", "type_of_form"]

_FORMS = frozenset(
    (
        "collections.abc.Iterator",
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
    kind = get_origin(kind) or kind
    module, name = getattr(kind, "__module__", ""), getattr(kind, "__qualname__", "")
    if module == "pathlib._local":  # Python 3.13
        module = "pathlib"
    if module != "collections.abc":  # where a library defines it is not where it is imported from
        module = module.partition(".")[0]
    form = f"{module}.{name}"
    return form if form in _FORMS else ""


def type_of_form(form: str) -> Optional[Any]:
    """The type of a form; ``None`` for the empty one. Raises ``ImportError`` without its library."""
    if not form:
        return None
    module, _, name = form.rpartition(".")
    return getattr(sys.modules.get(module) or import_module(module), name)
