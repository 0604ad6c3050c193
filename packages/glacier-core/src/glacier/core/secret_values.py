"""The values of secrets in this process."""

from __future__ import annotations

import os

from glacier.core.errors import MissingSecret
from glacier.core.resources import Secret

__all__ = ["read_secret"]


def read_secret(name: str, *, task: str) -> str:
    """The value of a secret in this process.

    Raises :class:`~glacier.core.errors.MissingSecret` where its environment variable is not set.
    """
    variable = Secret(name).variable
    if variable not in os.environ:
        raise MissingSecret(secret=name, variable=variable, tasks=[task])
    return os.environ[variable]
