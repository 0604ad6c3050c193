"""Errors about values on their way to files and back."""

from __future__ import annotations

from typing import Iterable

from glacier.core.errors._base import GlacierError, did_you_mean

__all__ = [
    "FormatError",
    "MissingLibrary",
    "PickleRefused",
    "UnfitTarget",
    "UnfitValue",
    "UnknownFormat",
    "UnreadableData",
]


class MissingLibrary(GlacierError):
    """A library that is needed for what was asked and is not installed."""

    def __init__(self, *, name: str, need: str, install: str, missing: str = "") -> None:
        self.name = name
        wanted = f"'{install}'" if "[" in install else install
        lacks = f" (it lacks {missing})" if missing and missing != name else ""
        super().__init__(
            f"{need} needs {name}, which is not installed{lacks}: pip install {wanted}"
        )


class FormatError(GlacierError):
    """A value that a format cannot hold, or a file that it cannot read."""


class UnknownFormat(FormatError):
    """A ``format=`` that there is not."""

    def __init__(self, *, name: object, known: Iterable[str]) -> None:
        known = sorted(known)
        guess = did_you_mean(name, known) if isinstance(name, str) else f" Known: {known}."
        super().__init__(f"format={name!r} is no format.{guess}")


class UnfitValue(FormatError):
    """A value that its format would not give back equal; ``place`` is where in the value."""

    def __init__(self, *, format: str, place: str, found: str, reason: str, mend: str) -> None:
        self.place = place
        super().__init__(f"format={format!r} cannot hold {place}, {found}: {reason}. {mend}")


class UnfitTarget(FormatError):
    """Stored data asked for as a type that its format does not give."""

    def __init__(self, *, format: str, wanted: str, mend: str) -> None:
        super().__init__(f"data of format {format!r} cannot be read as {wanted}. {mend}")


class UnreadableData(FormatError):
    """A file that is not what its format says, damaged or cut off."""

    def __init__(self, *, path: str, format: str, reason: str, mend: str) -> None:
        self.path = path
        super().__init__(f"{path} cannot be read as {format!r}: {reason}. {mend}")


class PickleRefused(FormatError):
    """A pickle where none was asked for: reading one runs whatever code it names."""

    def __init__(self, *, path: str) -> None:
        super().__init__(
            f"{path} is a pickle, and the dataset does not ask for one. Reading a pickle runs the "
            "code that it names, so whoever can write to the store could run anything. If you "
            "trust all who can, declare Dataset(…, format='pickle')."
        )
