"""Lines of JSON, one for each thing that is logged, with the run, the task, the attempt, the item.

A process of a function runs one call at a time, so what is logged while it does belongs to it, on
whatever thread.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, Callable, Dict, Generator, Iterable, Mapping, Optional, TextIO, cast

from glacier.core.secret_values import seen

__all__ = ["HIDDEN", "hide", "line", "telling"]

HIDDEN = "***"
"""What stands in a text for the value of a secret."""

_SHORTEST = 4  # letters of a value that is hidden: a shorter one may be part of any word


def hide(text: str) -> str:
    """A text without the values of secrets that this process has read, as they are or quoted."""
    for value in seen():
        for form in _forms(value):
            if form in text:
                text = text.replace(form, HIDDEN)
    return text


def _forms(value: str) -> Dict[str, None]:
    """The ways in which a value may be written, the longest first."""
    if len(value.strip()) < _SHORTEST:
        return {}
    from urllib.parse import quote, quote_plus

    forms = {value, value.strip(), repr(value)[1:-1], json.dumps(value)[1:-1]}
    forms |= {quote(value, safe=""), quote(value), quote_plus(value)}
    return dict.fromkeys(sorted(forms, key=len, reverse=True))


def line(
    level: str, logger: str, message: str, facts: Mapping[str, Any], *, at: Optional[float] = None
) -> str:
    """One line; ``at`` is in seconds since the epoch, by default now."""
    moment = time.time() if at is None else at
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))
    told = {
        "time": f"{stamp}.{int(moment * 1000) % 1000:03}Z",
        "level": level,
        "logger": logger,
        "message": hide(message),
        **facts,
    }
    return json.dumps(told, default=str)


class _Lines(logging.Handler):
    """Writes records as lines."""

    def __init__(self, write: Callable[[str], object], facts: Mapping[str, Any]) -> None:
        super().__init__()
        self.write = write
        self.facts = facts

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = self.format(record)  # the message, with the traceback if there is one
            level, logger = record.levelname, record.name
            self.write(line(level, logger, text, self.facts, at=record.created) + "\n")
        except Exception:
            self.handleError(record)


class _Hiding:
    """A stream that writes no value of a secret; for all else it is the one that it stands for."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(hide(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for text in lines:
            self.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def telling(
    write: Callable[[str], object], facts: Mapping[str, Any]
) -> Generator[None, None, None]:
    """While this is open, what is logged in this process goes to ``write`` as lines, from ``INFO``
    on, and nowhere else; warnings of Python's too. What is printed stays as it is, but for the
    values of secrets."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers[:] = [_Lines(write, facts)]
    root.setLevel(min(level, logging.INFO) if level else logging.INFO)
    out, err = cast("TextIO", _Hiding(sys.stdout)), cast("TextIO", _Hiding(sys.stderr))
    try:
        with redirect_stdout(out), redirect_stderr(err):
            yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
