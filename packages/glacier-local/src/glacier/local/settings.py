"""How a process filters warnings and log records, for its workers to do the same."""

from __future__ import annotations

import sys
import warnings
from typing import Any, Dict, NamedTuple

__all__ = ["Settings", "settings"]

_NOT_SET = 0  # of ``logging``, which may not be loaded
_WARNING = 30


class Settings(NamedTuple):
    """The filters of ``warnings``; the levels of ``logging`` by logger, and what it is to leave out
    altogether."""

    filters: Any
    levels: Dict[str, int]
    root: int
    disable: int


def settings() -> Settings:
    """Those of this process."""
    filters = list(warnings.filters)
    logging: Any = sys.modules.get("logging")
    if not hasattr(logging, "root"):  # nobody has asked for it, or it is just being loaded
        return Settings(filters, {}, _WARNING, _NOT_SET)
    manager = logging.root.manager
    levels = {
        name: logger.level
        for name, logger in list(manager.loggerDict.items())
        if isinstance(logger, logging.Logger) and logger.level
    }
    return Settings(filters, levels, logging.root.level, manager.disable)
