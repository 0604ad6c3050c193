"""What a name of a pipeline, task or dataset may look like."""

from __future__ import annotations

from glacier.core.errors import InvalidName

__all__ = ["check_name"]

_ALLOWED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.")
_LONGEST = 128


def check_name(name: object, *, kind: str, where: object) -> str:
    """Return ``name`` if it is 1 to 128 characters of ASCII letters, digits, ``_``, ``-``, ``.``.

    A name becomes part of keys and file names, so it is never a path: ``.`` alone and ``..``
    anywhere are refused. ``where`` is written out only for the error. Raises
    :class:`~glacier.core.errors.InvalidName`.
    """
    if (
        isinstance(name, str)
        and 0 < len(name) <= _LONGEST
        and _ALLOWED.issuperset(name)
        and name != "."
        and ".." not in name
    ):
        return name
    raise InvalidName(kind=kind, name=name, where=str(where))
