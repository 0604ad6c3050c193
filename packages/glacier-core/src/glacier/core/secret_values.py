"""The values of secrets in this process."""

from __future__ import annotations

import os
from typing import Iterable, List

from glacier.core.errors import MissingSecret
from glacier.core.resources import Secret

__all__ = ["lacking", "read_secret"]


def read_secret(name: str, *, task: str) -> str:
    """The value of a secret in this process.

    Raises :class:`~glacier.core.errors.MissingSecret` where its environment variable is not set.
    """
    variable = Secret(name).variable
    if variable not in os.environ:
        raise MissingSecret(secret=name, variable=variable, tasks=[task])
    return os.environ[variable]


def lacking(names: Iterable[str]) -> List[str]:
    """Those of the secrets that this process has no value of."""
    return [name for name in names if Secret(name).variable not in os.environ]
