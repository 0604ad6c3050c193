"""Secrets from AWS Secrets Manager, read when a task asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glacier.core.protocols import library

__all__ = ["SecretsManager"]


class SecretsManager:
    """Reads secrets by name; ``arns`` are those that this function may read."""

    def __init__(self, arns: Mapping[str, str]) -> None:
        self.arns = arns

    def __call__(self, name: str) -> str | None:
        """The value of a secret; ``None`` for one that is not bound, or is no text.

        Raises :class:`~glacier.core.errors.MissingLibrary` without boto3, which Lambda has.
        """
        arn = self.arns.get(name)
        if arn is None:
            return None
        value: str | None = _client(arn).get_secret_value(SecretId=arn).get("SecretString")
        return value


def _client(arn: str) -> Any:
    boto3 = library("boto3", need="a secret of AWS Secrets Manager")  # half a second
    return boto3.client("secretsmanager", region_name=arn.split(":")[3])
