"""The values of secrets in this process."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import Callable, Dict, Generator, Iterable, List, Optional

from glacier.core.errors import MissingSecret
from glacier.core.resources import Secret

__all__ = ["Reader", "lacking", "read_secret", "seen", "take_secrets_from"]

Reader = Callable[[str], Optional[str]]
"""Reads a secret by its name; ``None`` for one that it does not know."""

_readers: List[Reader] = []
_seen: Dict[str, None] = {}  # a set that keeps its order


def read_secret(name: str, *, task: str) -> str:
    """The value of a secret in this process.

    Raises :class:`~glacier.core.errors.MissingSecret` where its environment variable is not set,
    and nobody else here knows it.
    """
    variable = Secret(name).variable
    value = os.environ.get(variable)
    for reader in _readers:
        value = reader(name) if value is None else value
    if value is None:
        raise MissingSecret(secret=name, variable=variable, tasks=[task])
    if _readers:
        _seen[value] = None
    return value


def lacking(names: Iterable[str]) -> List[str]:
    """Those of the secrets that this process has no value of."""
    return [name for name in names if Secret(name).variable not in os.environ]


@contextmanager
def take_secrets_from(reader: Reader) -> Generator[None, None, None]:
    """While this is open, ask ``reader`` for secrets that are in no environment variable, each
    once, and remember what was read, so that it can be kept out of what is written down."""
    known: Dict[str, Optional[str]] = {}

    def once(name: str) -> Optional[str]:
        if name not in known:
            known[name] = reader(name)
        return known[name]

    _readers.append(once)
    try:
        yield
    finally:
        _readers.remove(once)


def seen() -> List[str]:
    """The values that were read while :func:`take_secrets_from` was open, in this process."""
    return list(_seen)
