"""Errors in what a run was asked to do, all found before anything runs."""

from __future__ import annotations

from typing import Iterable, Sequence, Tuple

from glacier.core.errors._base import GlacierError, did_you_mean, listed, numbered

__all__ = [
    "AmbiguousName",
    "InvalidSelection",
    "MissingInput",
    "MissingParameter",
    "MissingSecret",
    "MistypedParameter",
    "NotAPipeline",
    "RequestError",
    "RequestErrors",
    "UnknownName",
]


class RequestError(GlacierError):
    """The run as it was asked for cannot start; nothing has run."""


class RequestErrors(RequestError):
    """Several problems of one request, reported together."""

    def __init__(self, *, subject: str, problems: Sequence[GlacierError]) -> None:
        self._problems = tuple(problems)
        super().__init__(f"{subject} cannot start:\n{numbered(problems)}")

    @property
    def problems(self) -> Tuple[GlacierError, ...]:
        return self._problems


class NotAPipeline(RequestError):
    """An executor was handed something that is not a pipeline."""

    def __init__(self, *, found: object) -> None:
        hint = "Pass the Pipeline object itself: execute(pipeline)."
        if getattr(found, "__glacier__", None) == "task":
            name = getattr(found, "name", "")
            hint = (
                f"{name!r} is a task: call it like the function it is, or run it in its pipeline "
                f"with execute(pipeline, select={name!r})."
            )
        elif type(found).__name__ == "module":
            name = getattr(found, "__name__", "module").rpartition(".")[2]
            hint = f"That is a module: pass the pipeline in it, such as {name}.pipeline."
        elif isinstance(found, str):
            hint = "That is a string: import the pipeline and pass the object."
        elif isinstance(found, type):
            hint = f"That is the class {found.__name__}: pass an instance of Pipeline."
        elif callable(found):
            hint = "If that function builds a pipeline, call it and pass what it returns."
        super().__init__(f"cannot execute {type(found).__name__} {_shown(found)}. {hint}")


class UnknownName(RequestError):
    """A name that the pipeline does not have."""

    def __init__(self, *, kind: str, name: str, known: Iterable[str], where: str) -> None:
        super().__init__(f"{where}: there is no {kind} {name!r}.{did_you_mean(name, known)}")


class AmbiguousName(RequestError):
    """A name that is both a task and a dataset which that task does not produce."""

    def __init__(self, *, name: str, where: str) -> None:
        super().__init__(
            f"{where}: {name!r} is a task and also a dataset that another task produces. "
            f"Write 'task:{name}' or 'dataset:{name}'."
        )


class InvalidSelection(RequestError):
    """A selection that cannot be read, or that selects nothing."""

    def __init__(self, *, expression: str, reason: str) -> None:
        super().__init__(
            f"select={expression!r} {reason}. Write a task or dataset ('clean'), with '+' after it "
            "for what follows ('clean+'), before it for what it needs ('+report'), "
            "'extract..report' for what lies between, or 'tag:nightly'."
        )


class MissingParameter(RequestError):
    """A run parameter without default that was not given."""

    def __init__(self, *, name: str, type_name: str, tasks: Sequence[str]) -> None:
        super().__init__(
            f"run parameter {name!r} ({type_name}) is needed by {' and '.join(tasks)}. "
            f"Give it: execute(pipeline, params={{{name!r}: …}}), or give it a default."
        )


class MistypedParameter(RequestError):
    """A run parameter of another type than its tasks declare."""

    def __init__(self, *, name: str, reason: str, task: str) -> None:
        super().__init__(f"run parameter {name!r} of {task}: {reason}")


class MissingInput(RequestError):
    """A dataset whose producer was left out of the selection, and which was not given."""

    def __init__(self, *, dataset: str, producer: str, consumers: Sequence[str]) -> None:
        super().__init__(
            f"{listed(consumers)} {'read' if len(consumers) > 1 else 'reads'} {dataset!r}, which is produced by {producer}; the "
            f"selection leaves that task out. Select '+{consumers[0]}' to run what it needs too, "
            f"or feed it: execute(pipeline, inputs={{{dataset!r}: …}}, select=…)."
        )


class MissingSecret(RequestError):
    """A secret that is not set where the run takes place."""

    def __init__(self, *, secret: str, variable: str, tasks: Sequence[str]) -> None:
        super().__init__(
            f"secret {secret!r} is needed by {' and '.join(tasks)}, but the environment variable "
            f"{variable} is not set. Set it before the run; its value is never logged."
        )


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"
