"""A Pulumi program without an engine: what it registers is noted."""

from __future__ import annotations

import threading
from contextvars import copy_context
from importlib import import_module
from typing import Callable, List, NamedTuple, Tuple, TypeVar

from glacier.core.contracts.providers import Registered
from glacier.core.errors import CannotSynth
from glacier.core.placeholders import is_installed
from glacier.core.synth.engine import Answers, Notes, run_in_mocks

__all__ = ["Program", "run_program"]

T = TypeVar("T")


class Program(NamedTuple):
    """What a program did: its resources, and the functions of SDKs that nobody could answer."""

    resources: Tuple[Registered, ...] = ()
    unanswered: Tuple[str, ...] = ()


def run_program(
    load: Callable[[], T], *, project: str, stack: str, answers: Answers
) -> Tuple[T, Program]:
    """Call ``load`` inside a program; where pulumi is not installed, outside any.

    ``answers`` are asked for when a function of an SDK is called. Raises
    :class:`~glacier.core.errors.CannotSynth` for what pulumi refuses, and what ``load`` raises.
    """
    if not is_installed("pulumi"):
        return load(), Program()
    # Here and not on the other thread: pulumi's settings belong to where it is first imported.
    import_module("pulumi.runtime")

    found: List[T] = []

    def program() -> None:
        found.append(load())

    notes = Notes(answers)
    _apart(lambda: run_in_mocks(program, notes, project=project, stack=stack))
    if notes.twice:
        reason = f"it registers {' and '.join(notes.twice)} twice"
        mend = "Give one of them another name."
        raise CannotSynth(target=f"{project!r}", reason=reason, mend=mend)
    rows = sorted(notes.rows, key=lambda row: (row.type, row.name, row.parent))
    return found[0], Program(tuple(rows), tuple(sorted(notes.unanswered)))


def _apart(call: Callable[[], None]) -> None:
    """Call on a thread and in a context of its own: what pulumi and its event loop set there is
    gone with them, and it does not matter whether a loop runs here, as in a notebook."""
    raised: List[BaseException] = []

    def run() -> None:
        try:
            call()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=copy_context().run, args=(run,), daemon=True)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]
