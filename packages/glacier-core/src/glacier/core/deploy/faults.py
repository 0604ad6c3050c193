"""What the engine reports, as errors of Glacier's that say how to mend it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, List, NamedTuple, Sequence

from glacier.core.deploy.watching import Watch
from glacier.core.errors import (
    DeployError,
    DeployFailed,
    Failure,
    MissingPassphrase,
    StackLocked,
    WrongAccount,
)

if TYPE_CHECKING:
    from glacier.core.contracts.providers import Location

__all__ = ["Where", "error_of"]

_LOCKED = ("the stack is currently locked by", "Another update is currently in progress")
_NO_PASSPHRASE = "passphrase must be set with PULUMI_CONFIG_PASSPHRASE"
_WRONG_PASSPHRASE = "incorrect passphrase"
_HOLDER = re.compile(r"created by .*")
# What providers of Pulumi say when their credentials are those of another account than they were
# told to use: AWS checks it by itself, the other clouds do not know of the one that was given.
_REFUSED = re.compile(
    r"account ID not allowed"
    r"|SubscriptionNotFound|InvalidAuthenticationTokenTenant"
    r"|USER_PROJECT_DENIED"
)


class Where(NamedTuple):
    """Which operation on which stack an error is about."""

    operation: str
    stack: str
    environment: str
    location: Location
    folder: str


def error_of(found: BaseException, watch: Watch, where: Where) -> DeployError:
    """The error for one that the Automation API raised."""
    text = _said(found)
    if any(mark in text for mark in _LOCKED):
        holders = [one.group() for one in _HOLDER.finditer(text)]
        return StackLocked(stack=where.stack, holders=holders, folder=where.folder)
    for mark in (_NO_PASSPHRASE, _WRONG_PASSPHRASE):
        if mark in text:
            return MissingPassphrase(stack=where.stack, is_wrong=mark == _WRONG_PASSPHRASE)
    failures = _telling(watch.failures) or _last_words(text)
    for one in failures:
        if _REFUSED.search(one.message):
            location = str(where.location)
            return WrongAccount(environment=where.environment, location=location, told=one.message)
    return DeployFailed(
        operation=where.operation, stack=where.stack, failures=failures, done=watch.done
    )


def _said(found: BaseException) -> str:
    told: Any = found.args[0] if found.args else ""
    return str(told)


def _telling(failures: Sequence[Failure]) -> List[Failure]:
    """What is said of single resources; of the stack as a whole only where that is all."""
    single = [one for one in failures if one.resource]
    found = single or failures
    return list(dict.fromkeys(found))


def _last_words(text: str) -> List[Failure]:
    """What the command itself said, where nothing came as an event."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line[line.index("error:") :] for line in lines if "error:" in line]
    return [Failure("", line) for line in (errors or lines)[-5:]]
