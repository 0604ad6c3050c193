"""A Python as functions have it: an environment with Lambda's client of the Runtime API alone.

What a bundle forgot is missing there, as it is on AWS.
"""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import venv
from collections.abc import Iterator
from pathlib import Path

__all__ = ["bare_python"]


def bare_python(folder: Path, *also: str) -> Path:
    """Make the environment in a folder, of what is installed here; its interpreter.

    ``also`` names further distributions that it shall have, as Lambda has boto3.
    """
    venv.create(folder, symlinks=True, with_pip=False)
    (packages,) = folder.glob("lib/python*/site-packages")
    for name in _needed("awslambdaric", *also):
        _copy(importlib.metadata.distribution(name), packages)
    return folder / "bin" / "python"


def _needed(*names: str) -> Iterator[str]:
    """Distributions and what they need."""
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            yield name
            for need in importlib.metadata.distribution(name).requires or ():
                if "extra ==" not in need:
                    waiting.append(re.split(r"[^\w.-]", need, maxsplit=1)[0])


def _copy(one: importlib.metadata.Distribution, packages: Path) -> None:
    for file in one.files or ():
        if ".." not in file.parts and "__pycache__" not in file.parts:
            target = packages / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(str(file.locate()), target)
