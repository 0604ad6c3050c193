"""Errors in one declaration: a name, an annotation, an option of a task."""

from __future__ import annotations

from typing import Iterable, Sequence, Tuple

from glacier.core.errors._base import (
    GlacierError,
    described,
    listed,
    numbered,
    perhaps,
)

__all__ = [
    "DefinitionError",
    "DefinitionErrors",
    "InvalidAnnotation",
    "InvalidName",
    "InvalidOption",
    "MissingAnnotation",
    "NotCallable",
    "TaskAsAnnotation",
    "UnresolvedAnnotation",
]


class DefinitionError(GlacierError):
    """The pipeline as it is declared cannot run."""

    retryable = False


class DefinitionErrors(DefinitionError):
    """Several definition errors of one task or one pipeline, reported together."""

    def __init__(self, *, subject: str, problems: Sequence[GlacierError]) -> None:
        self._problems = tuple(problems)
        super().__init__(f"{subject} has {len(problems)} problems:\n{numbered(problems)}")

    @property
    def problems(self) -> Tuple[GlacierError, ...]:
        return self._problems


class InvalidName(DefinitionError):
    """A name that is not 1 to 128 characters of letters, digits, ``_``, ``-`` and ``.``."""

    def __init__(self, *, kind: str, name: object, where: str) -> None:
        shown, mend = described(name), ""
        if isinstance(name, str):
            long = len(name) > 128
            shown = f"{name[:32]!r}… ({len(name)} characters)" if long else repr(name)
            possible = _possible_name(name)
            mend = f" Did you mean {possible!r}?" if possible and kind != "task" else ""
        if kind == "task":
            mend = " Rename the function, or name the task: @pipeline.task(name='…')."
        super().__init__(
            f"{where}: {shown} cannot be the name of a {kind}.{mend} A name is 1 to 128 ASCII "
            "letters, digits, '_', '-' and '.', and never a path (no '/', no '..')."
        )


def _possible_name(name: str) -> str:
    """The valid name that is most like this one; empty where none is."""
    from unicodedata import normalize

    letters = [
        letter if letter.isalnum() or letter in "_-." else "_"
        for letter in normalize("NFKD", name.strip())
        if not "\u0300" <= letter <= "\u036f"  # accents, now apart from their letters
    ]
    plain = "_".join(part for part in "".join(letters).split("_") if part)
    while ".." in plain:
        plain = plain.replace("..", ".")
    return plain if plain.isascii() and len(plain) <= 128 and plain != "." else ""


class InvalidOption(DefinitionError):
    """An option of a task, such as ``when=``, that cannot be what it is given as."""

    def __init__(self, *, where: str, option: str, found: object, mend: str) -> None:
        super().__init__(f"{where}: {option}= is {described(found)}. {mend}")


class NotCallable(DefinitionError):
    """A dataset or a secret that was called like a function."""

    def __init__(self, *, found: object, mend: str) -> None:
        super().__init__(f"{found!r} is not a function and cannot be called. {mend}")


class InvalidAnnotation(DefinitionError):
    """An annotation that is understood, but cannot be what it is used for."""

    def __init__(self, *, where: str, subject: str, reason: str, mend: str) -> None:
        super().__init__(f"{where}: {subject} {reason} {mend}")


class MissingAnnotation(InvalidAnnotation):
    """A parameter without an annotation: neither an edge nor a typed run parameter."""

    def __init__(self, *, where: str, parameter: str, datasets: Iterable[str]) -> None:
        mend = (
            f"Write '{parameter}: <dataset>' to read a dataset, or a type such as "
            f"'{parameter}: int = 1' for a run parameter."
        )
        if parameter in {"self", "cls"}:
            mend = (
                "A task is a plain function: make it a @staticmethod or move it out of the class."
            )
        elif parameter in set(datasets):
            mend = f"Did you mean '{parameter}: {parameter}'? {mend}"
        super().__init__(
            where=where, subject=f"parameter {parameter!r}", reason="has no annotation.", mend=mend
        )


class UnresolvedAnnotation(InvalidAnnotation):
    """An annotation that names something which is not defined where the task is.

    ``advice`` is how to mend it, where that is known.
    """

    def __init__(
        self,
        *,
        where: str,
        subject: str,
        missing: str,
        known: Iterable[str],
        local: bool,
        advice: str = "",
    ) -> None:
        reason = f"is annotated {missing!r}, which is not defined."
        mend = advice or _how_to_define(missing.partition(".")[0], sorted(set(known)), local=local)
        super().__init__(where=where, subject=subject, reason=reason, mend=mend)


def _how_to_define(missing: str, names: Sequence[str], *, local: bool) -> str:
    mend = perhaps(missing, names).strip() or "Define the dataset before the task."
    if names and "Did you" not in mend:
        mend += f" Datasets that are defined there: {listed(names)}."
    if local:
        mend += (
            " Inside a function or class the name must be defined before the task and, under "
            "'from __future__ import annotations', in a scope that is still running."
        )
    return mend


class TaskAsAnnotation(InvalidAnnotation):
    """An annotation that names a task where the dataset it produces was meant."""

    def __init__(self, *, where: str, subject: str, task: str, outputs: Sequence[str]) -> None:
        mend = (
            f"Annotate it with what the task produces: {listed(outputs)}."
            if outputs
            else "That task produces no dataset: give it a return annotation first."
        )
        reason = f"is annotated with the task {task!r}; edges go through datasets."
        super().__init__(where=where, subject=subject, reason=reason, mend=mend)
