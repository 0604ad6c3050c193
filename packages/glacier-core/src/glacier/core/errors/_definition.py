"""Errors in what was declared, found when it is declared or when the graph is inferred."""

from __future__ import annotations

from typing import Iterable, Sequence, Tuple

from glacier.core.errors._base import GlacierError, did_you_mean, listed, numbered

__all__ = [
    "ConflictingParameters",
    "CyclicPipeline",
    "DefinitionError",
    "DefinitionErrors",
    "DuplicateDataset",
    "DuplicateProducer",
    "DuplicateTask",
    "EmptyPipeline",
    "IncompatibleTypes",
    "InvalidAnnotation",
    "InvalidName",
    "MissingAnnotation",
    "MissingProducer",
    "TaskAsAnnotation",
    "UnresolvedAnnotation",
]


class DefinitionError(GlacierError):
    """The pipeline as it is declared cannot run."""


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
        what = repr(name) if isinstance(name, str) else f"{name!r} (a {type(name).__name__})"
        if isinstance(name, str) and len(name) > 128:
            what = f"{name[:32]!r}… ({len(name)} characters)"
        super().__init__(
            f"{where}: {what} is not a valid {kind} name. A name is 1 to 128 ASCII letters, "
            "digits, '_', '-' and '.', and never a path (no '/', no '..')."
        )


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
            mend = "A task is a plain function: make it a @staticmethod or move it out of the class."
        elif parameter in set(datasets):
            mend = f"Did you mean '{parameter}: {parameter}'? {mend}"
        super().__init__(
            where=where, subject=f"parameter {parameter!r}", reason="has no annotation.", mend=mend
        )


class UnresolvedAnnotation(InvalidAnnotation):
    """An annotation that names something which is not defined where the task is."""

    def __init__(
        self, *, where: str, subject: str, missing: str, known: Iterable[str], local: bool
    ) -> None:
        mend = did_you_mean(missing, known).strip() or "Define the dataset before the task."
        if local:
            mend += (
                " Inside a function or class the name must be defined before the task and, under "
                "'from __future__ import annotations', in a scope that is still running."
            )
        reason = f"is annotated {missing!r}, which is not defined."
        super().__init__(where=where, subject=subject, reason=reason, mend=mend)


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


class EmptyPipeline(DefinitionError):
    """A pipeline without tasks."""

    def __init__(self, *, pipeline: str) -> None:
        super().__init__(
            f"pipeline {pipeline!r} has no tasks. Declare one with '@pipeline.task' above a "
            "function, before the pipeline is run."
        )


class DuplicateTask(DefinitionError):
    """Two tasks of one pipeline with the same name."""

    def __init__(self, *, name: str, first: str, second: str) -> None:
        super().__init__(
            f"two tasks are named {name!r}: {first} and {second}. "
            "Rename one of the functions, or give one a name: @pipeline.task(name='…')."
        )


class DuplicateDataset(DefinitionError):
    """Two different datasets of one pipeline with the same name."""

    def __init__(self, *, name: str, first: str, second: str) -> None:
        super().__init__(
            f"two different datasets are named {name!r}: one declared at {first}, one at {second}. "
            "Use one Dataset object for both, or another name for one of them."
        )


class DuplicateProducer(DefinitionError):
    """Two tasks that produce the same dataset."""

    def __init__(self, *, dataset: str, first: str, second: str) -> None:
        super().__init__(
            f"dataset {dataset!r} has two producers: {first} and {second}. "
            "A dataset is produced by one task: give one of them a dataset of its own."
        )


class CyclicPipeline(DefinitionError):
    """Tasks that wait for each other; ``path`` begins and ends with the same task."""

    def __init__(self, *, path: Sequence[Tuple[str, str, str]]) -> None:
        width = max(len(f"{where} -> {dataset!r}") for _, where, dataset in path)
        steps = [
            f"{f'{where} -> {dataset!r}':<{width}}  read by {path[(i + 1) % len(path)][0]}"
            for i, (_, where, dataset) in enumerate(path)
        ]
        names = " -> ".join([task for task, _, _ in path] + [path[0][0]])
        super().__init__(
            f"tasks wait for each other in a cycle: {names}\n"
            + "\n".join(f"  {step}" for step in steps)
            + "\nBreak it: let one of them read or write another dataset."
        )


class MissingProducer(DefinitionError):
    """A consumed dataset that nothing provides."""

    def __init__(
        self, *, dataset: str, declared: str, consumers: Sequence[str], produced: Iterable[str]
    ) -> None:
        by = " and ".join(consumers[:3]) + (" and others" if len(consumers) > 3 else "")
        guess = did_you_mean(dataset, produced) if produced else ""
        super().__init__(
            f"dataset {dataset!r} ({declared}) is read by {by}, but no task produces it."
            f"{guess if 'Did you' in guess else ''} Write a task that returns it ('-> {dataset}'), "
            f"or feed it: execute(pipeline, inputs={{{dataset!r}: …}})."
        )


class IncompatibleTypes(DefinitionError):
    """A producer and a consumer that disagree on the type of a dataset's value."""

    def __init__(
        self, *, dataset: str, producer: str, produced: str, consumer: str, consumed: str
    ) -> None:
        super().__init__(
            f"dataset {dataset!r} is produced as {produced} and read as {consumed}:\n"
            f"  produced by {producer}\n"
            f"  read by {consumer}\n"
            "Make the two annotations agree, or convert in one of the tasks."
        )


class ConflictingParameters(DefinitionError):
    """Two tasks with one run parameter that differ in its type or default."""

    def __init__(
        self, *, name: str, first: str, first_form: str, second: str, second_form: str
    ) -> None:
        super().__init__(
            f"run parameter {name!r} is declared in two ways:\n"
            f"  {first_form}  in {first}\n"
            f"  {second_form}  in {second}\n"
            "One name is one parameter: make type and default agree, or rename one."
        )


