"""A Python as functions have it: an environment with Lambda's client of the Runtime API alone.

What a bundle forgot is missing there, as it is on AWS.
"""

from __future__ import annotations

import importlib.metadata
import re
import venv
from collections.abc import Iterator
from pathlib import Path

__all__ = ["bare_python", "needed"]


def bare_python(folder: Path, *also: str) -> Path:
    """Make the environment in a folder, of what is installed here; its interpreter.

    ``also`` names further distributions that it shall have, as Lambda has boto3.
    """
    venv.create(folder, symlinks=True, with_pip=False)
    (packages,) = folder.glob("lib/python*/site-packages")
    for name in needed("awslambdaric", *also):
        _link(importlib.metadata.distribution(name), packages)
    return folder / "bin" / "python"


def needed(*names: str) -> Iterator[str]:
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


def _link(one: importlib.metadata.Distribution, packages: Path) -> None:
    """Let the files of a distribution be seen in another folder, without a copy of thousands."""
    for top in {file.parts[0]: None for file in one.files or () if file.parts[0] != ".."}:
        source = Path(str(one.locate_file(top)))
        if top != "__pycache__" and source.exists():
            (packages / top).symlink_to(source)
