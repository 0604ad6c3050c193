"""Optional libraries, imported where they are needed and not before."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from glacier.core.errors import MissingLibrary

__all__ = ["installed", "library"]


def library(name: str, *, need: str, install: str = "") -> Any:
    """The module ``name``; ``need`` is what it is for, ``install`` what to give to pip if not it.

    Raises :class:`~glacier.core.errors.MissingLibrary` where it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        if installed(package):
            raise
        raise MissingLibrary(
            name=package, need=need, install=install or package, missing=str(error.name or package)
        ) from error


def installed(name: str) -> bool:
    """Whether a top-level module can be imported; it is not imported to find out."""
    try:
        return find_spec(name) is not None
    except ValueError:  # None stands in its place in sys.modules, or a module without a spec
        return False
