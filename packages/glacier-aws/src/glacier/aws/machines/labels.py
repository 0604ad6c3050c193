"""Names of states: readable, at most 80 characters, each once in a machine."""

from __future__ import annotations

from hashlib import sha256

__all__ = ["labelled"]

_LONGEST = 80
_DIGITS = 8


def labelled(task: str, form: str = "{}") -> str:
    """The name of a task's state; all but its own have a space in them, which no task's has.

    A name that is too long is cut, and a hash of the whole follows.
    """
    room = _LONGEST - len(form.format(""))
    if len(task) > room:
        digest = sha256(task.encode()).hexdigest()[:_DIGITS]
        task = f"{task[: room - _DIGITS - 1]}~{digest}"
    return form.format(task)
