"""What ``options=`` of a deployment may say on AWS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from glacier.core.protocols import InvalidOption, UnknownOption

__all__ = ["Settings", "settings_of"]

_ARCHITECTURES = ("arm64", "x86_64")
_PYTHONS = ("3.10", "3.11", "3.12", "3.13")
_LOG_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
)  # fmt: skip


class Settings(NamedTuple):
    """``architecture`` and ``python`` of the functions; how long logs are kept, and in the
    workspace the data that have no storage; a topic of SNS that is told of failures; and the ARN of
    a key of KMS for the workspace."""

    architecture: str = "arm64"
    python: str = "3.13"
    log_days: int = 30
    workspace_days: int = 30
    alarm_topic: str | None = None
    encryption: str | None = None


def settings_of(options: Mapping[str, Any], where: str) -> Settings:
    """The settings. Raises :class:`~glacier.core.errors.UnknownOption` and
    :class:`~glacier.core.errors.InvalidOption`."""
    for option in options:
        if option not in Settings._fields:
            mend = "These are the options of a pipeline on AWS."
            raise UnknownOption(where=where, option=option, known=Settings._fields, mend=mend)
    found = Settings(**options)
    for option, known in (
        ("architecture", _ARCHITECTURES),
        ("python", _PYTHONS),
        ("log_days", _LOG_DAYS),
    ):
        if getattr(found, option) not in known:
            mend = f"It is one of {', '.join(map(str, known))}."
            raise InvalidOption(where=where, option=option, found=getattr(found, option), mend=mend)
    days: object = found.workspace_days
    if type(days) is not int or days < 1:
        mend = "Give a whole number of days from 1."
        raise InvalidOption(where=where, option="workspace_days", found=days, mend=mend)
    for option, service in (("alarm_topic", "sns"), ("encryption", "kms")):
        arn: object = getattr(found, option)
        if arn is not None and not (isinstance(arn, str) and f":{service}:" in arn):
            mend = f"Give an ARN of {service.upper()}: 'arn:aws:{service}:…'."
            raise InvalidOption(where=where, option=option, found=arn, mend=mend)
    return found
