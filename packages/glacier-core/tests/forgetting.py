"""What a test has imported from its own folder is found no more after it."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

__all__ = ["forgotten"]


@contextmanager
def forgotten(folder: Path) -> Iterator[None]:
    """Take back what is put on ``sys.path`` meanwhile, and what is imported from below a folder."""
    path = list(sys.path)
    try:
        yield
    finally:
        sys.path[:] = path
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", None)).startswith(str(folder)):
                del sys.modules[name]
