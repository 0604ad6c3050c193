"""What a key may be: a relative path that cannot lead out of its store on any system."""

from __future__ import annotations

import sys

from glacier.core.errors import InvalidKey

__all__ = ["check_key", "check_prefix"]

_LONGEST = 1024  # bytes, as object stores allow
_LONGEST_NAME = 255  # bytes, as file systems allow


def check_key(key: object, *, where: str) -> str:
    """Return ``key`` if it is one; ``where`` is the store's address, for the error.

    A key is at most 1,024 bytes of names joined by ``/``. A name is 1 to 255 bytes, not ``.`` nor
    ``..``, without backslashes and control characters. Raises
    :class:`~glacier.core.errors.InvalidKey`.
    """
    reason = _objection(key)
    if reason:
        raise InvalidKey(key=key, where=where, reason=reason)
    return str(key)


def check_prefix(prefix: object, *, where: str) -> str:
    """Return what keys below ``prefix`` begin with: a key, with or without ``/``, or nothing."""
    if prefix == "":
        return ""
    stem = prefix[:-1] if isinstance(prefix, str) and prefix.endswith("/") else prefix
    return check_key(stem, where=where) + "/"


def _objection(key: object) -> str:
    if not isinstance(key, str) or not key:
        return "it is not a text of one character or more"
    try:
        if len(key.encode()) > _LONGEST:
            return f"it is longer than {_LONGEST:,} bytes"
    except UnicodeEncodeError:
        return "it is not valid Unicode"
    if "\\" in key or any(letter < " " or letter == "\x7f" for letter in key):
        return "it holds a backslash or a control character"
    if sys.platform == "win32" and ":" in key:
        return "it holds a colon, which names drives and streams here"
    names = key.split("/")
    if any(len(name.encode()) > _LONGEST_NAME for name in names):
        return f"one of its names is longer than {_LONGEST_NAME} bytes"
    if "" in names:
        return "one of its names is empty"
    if "." in names or ".." in names:
        return "it would lead to another folder"
    return ""
