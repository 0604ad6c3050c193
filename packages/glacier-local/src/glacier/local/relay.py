"""Warnings and log records of a worker, which belong to the program that started it."""

from __future__ import annotations

import logging
import warnings
from typing import Any, Callable, Tuple, Type, Union

from glacier.core.protocols import Value
from glacier.local.holdings import open_wire, wire
from glacier.local.settings import Settings

__all__ = ["receive", "send_from_here"]


def send_from_here(found: Settings, send: Callable[[Tuple[Any, ...]], None]) -> None:
    """Filter as the other process does, and send it what passes."""
    warnings.filters[:] = found.filters  # type: ignore[index]  # a list, whatever typeshed says
    getattr(warnings, "_filters_mutated", lambda: None)()

    def show(
        message: Union[Warning, str],
        category: Type[Warning],
        filename: str,
        lineno: int,
        file: Any = None,
        line: Any = None,
    ) -> None:
        text = message if isinstance(message, Warning) else category(message)
        try:
            send(("warning", wire(Value(text), []), filename, lineno))
        except Exception:
            send(("warning", wire(Value(UserWarning(str(text))), []), filename, lineno))

    warnings.showwarning = show
    root = logging.getLogger()
    root.setLevel(found.root)
    root.addHandler(_Sender(send))
    logging.disable(found.disable)
    for name, level in found.levels.items():
        logging.getLogger(name).setLevel(level)


class _Sender(logging.Handler):
    """Sends each record, with its text made here: its arguments may not be able to travel."""

    def __init__(self, send: Callable[[Tuple[Any, ...]], None]) -> None:
        super().__init__()
        self._send = send

    def emit(self, record: logging.LogRecord) -> None:
        try:
            facts = {**record.__dict__, "msg": record.getMessage(), "args": None}
            if record.exc_info:
                formatter = self.formatter or logging.Formatter()
                facts["exc_text"] = record.exc_text or formatter.formatException(record.exc_info)
                facts["exc_info"] = None
            simple = {k: v for k, v in facts.items() if type(v) in _SIMPLE}
            self._send(("log", simple))
        except OSError:  # nobody listens any more
            return


_SIMPLE = (type(None), bool, int, float, str)


def receive(message: Tuple[Any, ...]) -> None:
    """Take in what a worker sent, as if it had happened here."""
    kind, *facts = message
    if kind == "log":
        record = logging.makeLogRecord(facts[0])
        logger = logging.getLogger(record.name)
        if logger.isEnabledFor(record.levelno):
            logger.handle(record)
        return
    text, filename, lineno = facts
    warning: Warning = open_wire(text, ())
    warnings.showwarning(warning, type(warning), filename, lineno)
