"""Tracebacks show the user's frames, and Glacier's own only where nothing else says where."""

from __future__ import annotations

import builtins
import sys
from typing import Any, Callable

import pytest

from glacier.core.errors import GlacierError, InvalidDatabase
from glacier.core.frames import traceback_of
from glacier.core.names import check_name
from glacier.core.stores import DirectoryStore
from glacier.core.tables import read_table


def raised_by(action: Callable[[], object]) -> BaseException:
    """What it raises, as those see it who catch it inside Glacier: without the frames above."""
    with pytest.raises(Exception) as caught:
        action()
    trace = caught.value.__traceback__
    return caught.value.with_traceback(None if trace is None else trace.tb_next)


def test_an_error_of_glacier_alone_is_its_message() -> None:
    error = raised_by(lambda: check_name("..", kind="task", where="etl.py:1"))
    assert error.__traceback__ is not None
    error = error.with_traceback(error.__traceback__.tb_next)  # the lambda above

    text = traceback_of(error)

    assert text.count("\n") == 1
    assert text == f"glacier.core.errors.InvalidName: {error}\n"


def test_what_the_user_did_is_shown_without_what_glacier_did() -> None:
    error = raised_by(lambda: read_table("nowhere", "orders"))

    text = traceback_of(error)

    assert isinstance(error, InvalidDatabase)
    assert "test_frames.py" in text
    assert "tables" not in text.partition("InvalidDatabase")[0].replace("read_table", "")


def test_the_causes_of_an_error_of_glacier_keep_their_frames() -> None:
    def task() -> None:
        raise ZeroDivisionError("by hand")

    def wrapped() -> None:
        try:
            task()
        except ZeroDivisionError as error:
            raise GlacierError("it went wrong") from error

    text = traceback_of(raised_by(wrapped).with_traceback(None))

    assert "in task" in text
    assert "ZeroDivisionError: by hand" in text
    assert text.endswith("GlacierError: it went wrong\n")


def test_an_error_of_python_inside_glacier_tells_where() -> None:
    wrong: Any = None
    error = raised_by(lambda: DirectoryStore(wrong))
    assert error.__traceback__ is not None
    error = error.with_traceback(error.__traceback__.tb_next)  # the lambda above

    text = traceback_of(error)

    assert "TypeError" in text
    assert "folder.py" in text


@pytest.mark.skipif(sys.version_info < (3, 11), reason="groups came with 3.11")
def test_the_errors_of_a_group_are_trimmed_too() -> None:
    inner = raised_by(lambda: read_table("nowhere", "orders"))
    group: BaseException = vars(builtins)["ExceptionGroup"]("two", [inner, ValueError("plain")])

    text = traceback_of(group)

    assert "glacier/core/tables" not in text
    assert "ValueError: plain" in text
