"""Errors of obstore, told as errors of the store in which they happened."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import Generator

from glacier.core.errors import GlacierError, KeyMissing, StoreDenied, StoreError, StoreGone
from glacier.core.stores.failures import READING

__all__ = ["READING", "WRITING", "answering", "is_conflict", "is_outrun", "told"]

WRITING = "writing it"
_GONE = re.compile(r"NoSuchBucket|ContainerNotFound|(bucket|container) does not exist", re.I)
_ELSEWHERE = re.compile(
    r"PermanentRedirect|AuthorizationHeaderMalformed|incorrectly configured region|\b301 Moved"
)
_STATUS = re.compile(r"status code: (\d{3}[^:\n]*)")
_DENIED = re.compile(r"40[13]\b")
_METADATA = re.compile(r"https?://(169\.254\.\d+\.\d+|metadata\.google\.internal)\b")
_CODE = re.compile(r"<Code>([^<]*)</Code>(?:.*?<Message>([^<\n]*))?", re.S)
# Obstore tells why a connection failed only in what it prints for its own authors.
_CAUSES = (
    re.compile(r"(invalid peer certificate: \w+)"),
    re.compile(r'message: "([^"]+)"'),
    re.compile(r'"(failed to lookup address information[^"]*)"'),
    re.compile(r"(dns error|TimedOut|operation timed out)"),
)


@contextmanager
def answering(where: str, *, doing: str) -> Generator[None, None, None]:
    """Raise an error of obstore as what it means for the store at ``where``.

    ``doing`` says what the block does; what is not there is a missing key only where it is not
    :data:`WRITING`. Conflicts of conditional writes pass: see :func:`is_conflict`.
    """
    try:
        yield
    except (GlacierError, GeneratorExit):
        raise
    except Exception as error:
        if is_conflict(error) or is_outrun(error):
            raise
        if not _is_ours(error):
            raise
        # Its text may hold a signature, and is a page long.
        raise told(error, where, doing=doing) from None


def is_conflict(error: BaseException) -> bool:
    """Whether a key was to be created and is there."""
    return type(error).__name__ == "AlreadyExistsError"


def is_outrun(error: BaseException) -> bool:
    """Whether a key was to be replaced and is another one, or gone."""
    if _GONE.search(str(error)):
        return False
    if isinstance(error, FileNotFoundError):
        return "Error performing PUT" in str(error)
    return type(error).__name__ == "PreconditionError"


def _is_ours(error: BaseException) -> bool:
    """Whether obstore raised it: it knows errors of Python's own too."""
    if isinstance(error, FileNotFoundError):
        return error.errno is None
    module = type(error).__module__
    return module.startswith("obstore") or "Could not parse path" in str(error)


def told(error: BaseException, where: str, *, doing: str) -> StoreError:
    """The error of the store that says what this one of obstore means."""
    text, kind = str(error), type(error).__name__
    reason = _reason(text)
    if _METADATA.search(text.partition("\n\nDebug source:")[0]):
        return StoreError(
            where=where,
            reason=f"{doing} failed: the metadata service of this machine, which was asked for "
            f"credentials, has none ({reason})",
            mend="Give the machine a role or an identity, or set credentials in the environment.",
        )
    if _GONE.search(text):
        return StoreGone(
            where=where,
            reason="there is no such bucket or container",
            mend="Make it, or mend the address.",
        )
    if isinstance(error, FileNotFoundError):
        if doing == WRITING:
            return StoreGone(where=where, reason=f"it cannot be written there ({reason})", mend="")
        return KeyMissing(where=where)
    if kind in ("PermissionDeniedError", "UnauthenticatedError") or _DENIED.match(reason):
        return StoreDenied(where=where, doing=doing, reason=reason)
    if _ELSEWHERE.search(text):
        mend = "Name the region in which the bucket is: AWS_REGION for S3."
        return StoreError(where=where, reason=f"{doing} failed: {reason}", mend=mend)
    if "HTTP error" in text:
        return StoreError(
            where=where,
            reason=f"{doing} failed: there is no answer ({reason})",
            mend="Is the address right, and is the network there?",
        )
    mend = "Try again later." if re.match(r"5\d\d", reason) else ""
    return StoreError(where=where, reason=f"{doing} failed: {reason}", mend=mend)


def _reason(text: str) -> str:
    """What a storage says, in a line: the status, its own code and message."""
    first = text.partition("\n\nDebug source:")[0].strip()
    status, code = _STATUS.search(text), _CODE.search(text)
    if code is not None:
        said = ": ".join(part.strip(" .") for part in code.groups() if part and part.strip(" ."))
        return f"{status[1].strip()}, {said}" if status is not None else said
    if status is not None:
        return status[1].strip()
    for cause in _CAUSES if "HTTP error" in text else ():
        found = cause.search(text)
        if found is not None:
            return found[1]
    line = first.partition("\n")[0]
    return re.sub(r"\?\S*", "?…", line).rstrip(". ")
