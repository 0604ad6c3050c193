"""Names that clouds accept, made of names that people gave: always the same from the same."""

from __future__ import annotations

from hashlib import sha256
from typing import Sequence

__all__ = ["cloud_name"]

_DIGITS = 8


def cloud_name(
    parts: Sequence[str], *, longest: int, among: Sequence[str] = (), joint: str = "-"
) -> str:
    """A name of lower-case ASCII letters, digits and ``joint``, beginning with a letter.

    ``longest`` is how many characters it may have, at least 16. Where letters had to be changed or
    cut, or other parts could be joined to the same, a hash of the parts follows. A name that must
    be the only one ``among`` all of a larger whole (an account, a project) has a hash of that too.
    ``joint`` may be empty, for names that take letters and digits alone.
    """
    wanted = joint.join(parts)
    letters = [one if one.isascii() and one.isalnum() else " " for one in wanted.lower()]
    body = joint.join("".join(letters).split())
    if not body[:1].isalpha():
        body = f"g{body}"
    is_clear = len(parts) == 1 or (joint != "" and not any(joint in part for part in parts))
    if body == wanted and is_clear and not among and len(body) <= longest:
        return body
    told = "\0".join([*parts, "", *among])
    digest = sha256(told.encode()).hexdigest()[:_DIGITS]
    room = longest - _DIGITS - len(joint)
    return f"{body[:room].rstrip(joint or None)}{joint}{digest}"
