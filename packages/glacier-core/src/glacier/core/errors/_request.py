"""Errors in what a run was asked to do, all found before anything runs."""

from __future__ import annotations

from types import ModuleType
from typing import Iterable, Sequence, Tuple

from glacier.core.errors._base import (
    GlacierError,
    described,
    did_you_mean,
    joined,
    listed,
    numbered,
)

__all__ = [
    "AmbiguousName",
    "InvalidRequest",
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

    retryable = False


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
        what, mend = _mistaken(found)
        super().__init__(f"cannot execute {what}: an executor runs a Pipeline. {mend}")


def _mistaken(found: object) -> Tuple[str, str]:
    """What was given in place of a pipeline, and what to give instead."""
    if found is None:
        return "None", "Let the function that builds the pipeline return it."
    name = getattr(found, "name", None)
    if getattr(found, "__glacier__", None) == "task":
        return f"the task {name!r}", (
            "Call the task like the function that it is, or run it in its pipeline: "
            f"execute(pipeline, select={name!r})."
        )
    kind = type(found).__name__
    if kind == "Dataset":
        return f"the dataset {name!r}", (
            f"Execute the pipeline that produces it, then take run[{name!r}]."
        )
    if isinstance(found, type):
        mend = "Make one, pipeline = Pipeline(name='…'), declare its tasks, and pass the object."
        return f"the class {found.__name__}", mend
    if isinstance(found, ModuleType):
        return f"the module {found.__name__!r}", _in_module(found)
    if isinstance(found, str) or hasattr(found, "__fspath__"):
        return described(found), "Import the pipeline from its file and pass the object."
    if isinstance(found, (list, tuple, set, dict)):
        return f"a {kind}", "Execute one pipeline at a time."
    if hasattr(getattr(found, "__self__", None), "prepare"):
        called = getattr(found, "__name__", "")
        return f"the method {called!r}", f"Pass the pipeline itself, without '.{called}'."
    if callable(found) and hasattr(found, "__name__"):
        return f"the function {found.__name__!r}", (
            "If it builds a pipeline, call it and pass what it returns. If it should be a task, "
            "put '@pipeline.task' above it and execute that pipeline."
        )
    return described(found), "Pass the Pipeline object itself: execute(pipeline)."


def _in_module(module: ModuleType) -> str:
    name = module.__name__.rpartition(".")[2]
    found = [
        key
        for key, value in vars(module).items()
        if hasattr(value, "prepare") and not isinstance(value, type)
    ]
    if found:
        return f"Pass the pipeline in it: {' or '.join(f'{name}.{key}' for key in found)}."
    return "It has no pipeline at its top level: pass the Pipeline object itself."


class InvalidRequest(RequestError):
    """An argument of ``execute`` that does not have the form it should."""

    def __init__(self, *, option: str, reason: str, mend: str) -> None:
        super().__init__(f"{option}= {reason}. {mend}")


class UnknownName(RequestError):
    """A name that the pipeline does not have."""

    def __init__(
        self, *, kind: str, name: str, known: Iterable[str], where: str, mend: str = ""
    ) -> None:
        names = list(known)
        guess = did_you_mean(name, names) if names else " There is none at all."
        super().__init__(f"{where}: there is no {kind} {name!r}.{f' {mend}' if mend else guess}")


class AmbiguousName(RequestError):
    """A name of a task and of a dataset that stand for different tasks."""

    def __init__(self, *, name: str, where: str) -> None:
        super().__init__(
            f"{where}: {name!r} is the name of a task, and of a dataset that it does not produce. "
            f"Write 'task:{name}' or 'dataset:{name}'."
        )


class InvalidSelection(RequestError):
    """A selection that cannot be read, or that selects nothing; ``mend`` if it is known."""

    def __init__(self, *, expression: object, reason: str, mend: str = "") -> None:
        super().__init__(f"select={expression!r} {reason}. {mend or _SELECTIONS}")


_SELECTIONS = (
    "Write a task or dataset ('clean'), with '+' after it for what follows ('clean+'), before it "
    "for what it needs ('+report'), 'extract..report' for what lies between, or 'tag:nightly'. "
    "Several go in a list."
)


class MissingParameter(RequestError):
    """A run parameter without default that was not given."""

    def __init__(self, *, name: str, type_name: str, tasks: Sequence[str]) -> None:
        self.name = name
        super().__init__(
            f"run parameter {name!r} ({type_name}) is needed by {joined(tasks)}. "
            f"Give it: execute(pipeline, params={{{name!r}: …}}), or give it a default."
        )


class MistypedParameter(RequestError):
    """A run parameter of another type than its tasks declare; ``key`` is how it was given."""

    def __init__(self, *, key: str, reason: str, type_name: str, tasks: Sequence[str]) -> None:
        super().__init__(
            f"params[{key!r}]: {reason}. {joined(tasks)} "
            f"{'declare' if len(tasks) > 1 else 'declares'} it: give a value of type {type_name}, "
            "or change the annotation there."
        )


class MissingInput(RequestError):
    """A dataset whose producer was left out of the selection, and which was not given."""

    def __init__(self, *, dataset: str, producer: str, consumers: Sequence[str]) -> None:
        super().__init__(
            f"{listed(consumers)} {'read' if len(consumers) > 1 else 'reads'} {dataset!r}, but the "
            f"selection leaves out {producer}, which produces it. Run that too, with "
            f"select='+{consumers[0]}', or feed it: inputs={{{dataset!r}: …}}."
        )


class MissingSecret(RequestError):
    """A secret that is not set where the run takes place."""

    def __init__(self, *, secret: str, variable: str, tasks: Sequence[str]) -> None:
        super().__init__(
            f"secret {secret!r} is needed by {joined(tasks)}, but the environment variable "
            f"{variable} is not set. Set it before the run; its value is never logged."
        )
