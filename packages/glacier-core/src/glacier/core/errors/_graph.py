"""Errors between the tasks of a pipeline, found when its graph is inferred."""

from __future__ import annotations

from typing import Iterable, List, NamedTuple, Optional, Sequence, Tuple

from glacier.core.errors._base import joined, nearest, perhaps
from glacier.core.errors._definition import DefinitionError

__all__ = [
    "ConflictingParameters",
    "CyclicPipeline",
    "DuplicateDataset",
    "DuplicateProducer",
    "DuplicateTask",
    "EmptyPipeline",
    "ExternalProduced",
    "IncompatibleTypes",
    "Link",
    "MissingProducer",
]


class EmptyPipeline(DefinitionError):
    """A pipeline without tasks."""

    def __init__(self, *, pipeline: str) -> None:
        super().__init__(
            f"pipeline {pipeline!r} has no tasks. Put '@pipeline.task' above a function, with this "
            "Pipeline object, before the pipeline is used."
        )


class DuplicateTask(DefinitionError):
    """Several tasks of one pipeline with the same name; ``places`` has one for each.

    ``left_over`` is whether one may be an older form of another, left by a cell that was edited.
    """

    def __init__(self, *, name: str, places: Sequence[str], left_over: bool) -> None:
        super().__init__(
            f"{_count(places)} tasks are named {name!r}, {_declared(places)}. "
            + (
                f"In a loop or a factory give each a name: @pipeline.task(name=f'{name}-{{…}}')."
                if len(set(places)) == 1
                else "Rename all but one, or give them names: @pipeline.task(name='…')."
            )
            + (" " + _LEFT_OVER if left_over else "")
        )


class DuplicateDataset(DefinitionError):
    """Different datasets of one pipeline with the same name; ``places`` has one for each."""

    def __init__(self, *, name: str, places: Sequence[str]) -> None:
        super().__init__(
            f"{_count(places)} different datasets are named {name!r}, {_declared(places)}. "
            "Make one Dataset object and use it everywhere, or give each a name of its own."
        )


class DuplicateProducer(DefinitionError):
    """Several tasks that produce the same dataset.

    ``left_over`` is whether one may be an older form of another, left by a cell that was edited.
    """

    def __init__(self, *, dataset: str, producers: Sequence[str], left_over: bool) -> None:
        super().__init__(
            f"dataset {dataset!r} has {_count(producers)} producers: {joined(producers)}. "
            "A dataset is produced by one task: let each of them return a dataset of its own."
            + (" " + _LEFT_OVER if left_over else "")
        )


_LEFT_OVER = (
    "If one is an older form of another, in a cell that was edited and run again, it is still "
    "declared: run the cell that makes the pipeline again, then those that declare its tasks."
)


class Link(NamedTuple):
    """One edge of a cycle: a task, and the dataset by which the next one waits for it."""

    task: str
    where: str
    dataset: str
    condition: bool = False


class CyclicPipeline(DefinitionError):
    """Tasks that wait for each other; the last link of ``path`` leads to its first task."""

    def __init__(self, *, path: Sequence[Link]) -> None:
        if len(path) == 1:
            task, where, dataset, _ = path[0]
            super().__init__(
                f"{where} waits for itself: {task} -> {dataset!r} -> {task}. "
                "Let it read or produce another dataset."
            )
            return
        readers = [link.task for link in (*path[1:], path[0])]
        made = [f"  {link.where} -> {link.dataset!r}" for link in path]
        width = max(map(len, made))
        lines = [
            f"{text:<{width}}  {'decides whether ' if link.condition else 'is read by '}{reader}"
            + (" runs" if link.condition else "")
            for text, link, reader in zip(made, path, readers)
        ]
        names = [path[0].task, *readers]
        super().__init__(
            f"tasks wait for each other in a cycle: {' -> '.join(_shortened(names))}\n"
            + "\n".join(_shortened(lines))
            + "\nBreak it: let one of them read or produce another dataset."
        )


class MissingProducer(DefinitionError):
    """A consumed dataset that nothing provides.

    ``produced`` are the datasets that tasks produce, ``stray`` the names among the given inputs
    that the pipeline does not know.
    """

    def __init__(
        self,
        *,
        dataset: str,
        declared: str,
        consumers: Sequence[str],
        produced: Iterable[str],
        stray: Iterable[str] = (),
    ) -> None:
        given = nearest(dataset, stray)
        guess = perhaps(dataset, produced)
        if given is not None:
            guess = f" The input {given!r} was given: did you mean {dataset!r}?"
        super().__init__(
            f"dataset {dataset!r} ({declared}) is read by {joined(_distinct(consumers))}, but no "
            f"task produces it.{guess} Write a task that returns it ('-> {dataset}'), give it a "
            f"storage to read from, or feed it: execute(pipeline, inputs={{{dataset!r}: …}})."
        )


class ExternalProduced(DefinitionError):
    """A task that produces a dataset which is read from somebody else's files."""

    def __init__(self, *, dataset: str, producer: str, storage: object) -> None:
        super().__init__(
            f"{producer} produces {dataset!r}, whose storage is {storage!r}: external data is only "
            "read. Keep it in ObjectStorage(…), with publish= if others expect it at that address."
        )


class IncompatibleTypes(DefinitionError):
    """A producer and a consumer that disagree on the type of a dataset's value.

    ``item`` is the type of one result where the producer is mapped; ``parameter`` is empty where
    the dataset is the consumer's condition; ``each`` is whether the consumer is mapped.
    """

    def __init__(
        self,
        *,
        dataset: str,
        producer: str,
        produced: str,
        item: Optional[str],
        consumer: str,
        parameter: str,
        consumed: str,
        each: bool,
    ) -> None:
        made = f"{producer} produces {produced}"
        if item is not None:
            made += f", for it is mapped: one {item} per item"
        read = (
            f"{consumer} reads {consumed}{' per item' if each else ''} as parameter {parameter!r}"
        )
        mend = "Make the two annotations agree, or convert in one of the tasks."
        if item == consumed and not each:
            mend = f"Read all of it as {produced}, or item by item with '.each'."
        if not parameter:
            read = f"{consumer} asks it whether to run (when=), so it must be bool"
            mend = "Produce a bool, or let another dataset decide."
        super().__init__(
            f"dataset {dataset!r} is read as another type than it is produced as:\n"
            f"  {made}\n  {read}\n{mend}"
        )


class ConflictingParameters(DefinitionError):
    """A run parameter that tasks declare with different types or defaults.

    ``forms`` are the ways that it is written, each with the tasks that write it so.
    """

    def __init__(self, *, name: str, forms: Sequence[Tuple[str, Sequence[str]]]) -> None:
        width = max(len(form) for form, _ in forms)
        lines = "".join(f"  {form:<{width}}  in {joined(tasks)}\n" for form, tasks in forms)
        super().__init__(
            f"run parameter {name!r} is declared in {_count(forms)} ways:\n{lines}"
            "One name is one parameter: make type and default agree, or rename one."
        )


def _count(things: Sequence[object]) -> str:
    return "two" if len(things) == 2 else str(len(things))


def _distinct(texts: Iterable[str]) -> List[str]:
    return list(dict.fromkeys(texts))


def _declared(places: Sequence[str]) -> str:
    distinct = _distinct(places)
    every = ("both " if len(places) == 2 else "all ") if len(distinct) == 1 else ""
    return f"{every}declared at {joined(distinct)}"


def _shortened(texts: Sequence[str], *, ends: int = 10) -> List[str]:
    """All texts, or of many the first and the last ones."""
    cut = len(texts) - 2 * ends
    return [*texts[:ends], f"… {cut} more …", *texts[-ends:]] if cut > 0 else list(texts)
