"""The signature of a task: what each of its function's parameters and its return stand for."""

from __future__ import annotations

from types import FrameType
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from glacier.core.annotations.forms import (
    UNKNOWN,
    Misuse,
    Use,
    members_of_tuple,
    missing_in,
    read_form,
)
from glacier.core.annotations.scope import Missing, Scope, evaluated, is_local, scope_of
from glacier.core.annotations.shape import Shape, shape_of
from glacier.core.codec import conform, is_parameter_type, type_name
from glacier.core.dataset import Dataset
from glacier.core.errors import (
    DefinitionError,
    DefinitionErrors,
    InvalidAnnotation,
    MissingAnnotation,
    TaskAsAnnotation,
    UnresolvedAnnotation,
    nearest,
)
from glacier.core.place import Where
from glacier.core.resources import Secret

__all__ = [
    "REQUIRED",
    "Argument",
    "ArgumentKind",
    "Hints",
    "Output",
    "Signature",
    "read_again",
    "read_hints",
    "read_signature",
]

_VARARGS, _VARKEYWORDS, _COROUTINE, _ASYNC_GENERATOR = 0x04, 0x08, 0x80, 0x200


class _Required:
    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED: Any = _Required()
"""The default of an argument that has none."""


class ArgumentKind:
    """What an argument is filled with."""

    INPUT = "input"
    PARAMETER = "parameter"
    SECRET = "secret"
    CONTEXT = "context"
    FIXED = "fixed"
    """Keeps its default: its type is for people and type checkers only."""


# Named tuples rather than dataclasses: one is made for every parameter of every task.
class Argument(NamedTuple):
    """One parameter of a task's function."""

    name: str
    kind: str
    keyword: bool = False
    dataset: Optional[Dataset] = None
    secret: Optional[Secret] = None
    each: bool = False
    optional: bool = False
    default: Any = REQUIRED
    type: Any = UNKNOWN


class Output(NamedTuple):
    """One dataset that a task's function returns a value for."""

    dataset: Dataset
    type: Any = UNKNOWN


class Signature(NamedTuple):
    """All arguments in the function's order, and all outputs in the order of its return.

    ``many`` is true where the function returns one value per output (``-> (good, bad)``), even if
    that is a single one.
    """

    arguments: Tuple[Argument, ...]
    outputs: Tuple[Output, ...]
    many: bool
    is_async: bool


class Hints(NamedTuple):
    """The evaluated annotations of one function, before their meaning is read."""

    shape: Shape
    values: Dict[str, Any]
    scope: Scope
    open: bool
    """Whether a name in them is not defined yet, but may be by the time the graph is inferred."""


def read_hints(target: Callable[..., Any], *, where: Where, frame: Optional[FrameType]) -> Hints:
    """Evaluate the annotations of a callable; ``frame`` is that of the decorated code.

    Raises :class:`~glacier.core.errors.InvalidAnnotation` where there is no Python function.
    """
    shape = shape_of(target)
    if shape is None:
        raise InvalidAnnotation(
            where=str(where),
            subject=repr(target),
            reason="is not a Python function, so it has no annotations to read.",
            mend="Wrap it in a function with annotations.",
        )
    scope = scope_of(shape.function, frame)
    values = evaluated(shape.function, scope)
    is_open = not is_local(shape.function) and any(map(missing_in, values.values()))
    return Hints(shape, values, scope, is_open)


def read_again(hints: Hints) -> Hints:
    """Evaluate once more what was not defined; what was keeps its first meaning."""
    scope = scope_of(hints.shape.function, None)
    fresh = evaluated(hints.shape.function, scope)
    values = {
        name: value if missing_in(value) is None else fresh[name]
        for name, value in hints.values.items()
    }
    return Hints(hints.shape, values, scope, open=False)


def read_signature(hints: Hints, *, where: Where) -> Signature:
    """What the evaluated annotations of a function mean.

    Raises the :class:`~glacier.core.errors.DefinitionError` for what cannot be read, or
    :class:`~glacier.core.errors.DefinitionErrors` for several.
    """
    return _Reader(hints, where).read()


class _Reader:
    """Reads one function and gathers every problem in it."""

    def __init__(self, hints: Hints, where: Where) -> None:
        self.shape = hints.shape
        self.scope = hints.scope
        self.hints = hints.values
        self.where = where
        self.problems: List[DefinitionError] = []

    def read(self) -> Signature:
        flags = self.shape.function.__code__.co_flags
        if flags & (_VARARGS | _VARKEYWORDS):
            self.problem("*args and **kwargs", "have no fixed datasets.", "Name each parameter.")
        if flags & _ASYNC_GENERATOR:
            self.problem("the task", "is an async generator.", "Return a list of what it yields.")
        arguments = [
            self.argument(name, keyword=position >= len(self.shape.positional))
            for position, name in enumerate(self.shape.positional + self.shape.keyword_only)
        ]
        outputs, many = self.outputs(self.hints.get("return"))
        mapped = [argument.name for argument in arguments if argument.each]
        if len(mapped) > 1:
            self.problem(" and ".join(mapped), "are both mapped ('.each').", "Map over one dataset per task.")
        if many and len({id(output.dataset) for output in outputs}) < len(outputs):
            self.problem("the return annotation", "names a dataset twice.", "Name each once.")
        if self.problems:
            raise self.report()
        return Signature(tuple(arguments), outputs, many, bool(flags & _COROUTINE))

    def argument(self, name: str, *, keyword: bool) -> Argument:
        default = self.shape.defaults.get(name, REQUIRED)
        if name not in self.hints:
            self.problems.append(
                MissingAnnotation(
                    where=str(self.where), parameter=name, datasets=self.datasets_in_scope()
                )
            )
            return Argument(name, ArgumentKind.FIXED)
        before = len(self.problems)
        use = self.use(f"parameter {name!r}", self.hints[name], required=default is REQUIRED)
        if len(self.problems) > before:
            return Argument(name, ArgumentKind.FIXED)
        if use is None:
            return self.parameter(name, self.hints[name], default, keyword=keyword)
        if isinstance(use.target, Dataset):
            return Argument(
                name, ArgumentKind.INPUT, keyword, use.target, None, use.each, use.optional,
                default, use.type,
            )  # fmt: skip
        if isinstance(use.target, Secret):
            return Argument(name, ArgumentKind.SECRET, keyword, secret=use.target)
        return Argument(name, ArgumentKind.CONTEXT, keyword)

    def parameter(self, name: str, kind: Any, default: Any, *, keyword: bool) -> Argument:
        if missing_in(kind) is not None or not is_parameter_type(kind):
            if default is REQUIRED:
                self.problem(
                    f"parameter {name!r}",
                    f"has type {type_name(kind)}: neither a dataset nor a run parameter.",
                    f"Write Annotated[{type_name(kind)}, dataset] to read a dataset. Run "
                    "parameters are str, int, float, bool, None, date, datetime, timedelta, "
                    "Decimal, UUID, Enum, Literal, and lists and dicts of them.",
                )
            return Argument(name, ArgumentKind.FIXED, keyword, default=default)
        if default is not REQUIRED and default is not None:
            try:
                default = conform(default, kind)
            except ValueError as error:
                self.problem(f"the default of parameter {name!r}:", f"{error}.", "Make them agree.")
        return Argument(name, ArgumentKind.PARAMETER, keyword, default=default, type=kind)

    def outputs(self, annotation: Any) -> Tuple[Tuple[Output, ...], bool]:
        if annotation is None or annotation is type(None):
            return (), False
        members = members_of_tuple(annotation)
        found = [self.output(member) for member in (members or (annotation,))]
        return tuple([output for output in found if output is not None]), members is not None

    def output(self, annotation: Any) -> Optional[Output]:
        subject = "the return"
        before = len(self.problems)
        use = self.use(subject, annotation, required=True)
        if use is not None and isinstance(use.target, Dataset) and not use.each:
            return Output(use.target, Optional[use.type] if use.optional else use.type)
        if len(self.problems) == before:
            form = type_name(annotation)
            self.problem(
                subject,
                f"is annotated {form}, which is no dataset, so its value would be lost.",
                f"Write '-> Annotated[{form}, dataset]' to produce one, or '-> None'.",
            )
        return None

    def use(self, subject: str, annotation: Any, *, required: bool) -> Optional[Use]:
        undefined = missing_in(annotation)
        if undefined is not None:
            # With a default it may be a type for checkers only, unless it looks like a dataset.
            if required or nearest(undefined.name, self.datasets_in_scope()):
                self.unresolved(subject, undefined)
            return None
        try:
            return read_form(annotation)
        except Misuse as misuse:
            if misuse.task is None:
                self.problem(subject, misuse.reason, misuse.mend)
            else:
                self.problems.append(
                    TaskAsAnnotation(
                        where=str(self.where),
                        subject=subject,
                        task=misuse.task.name,
                        outputs=[output.dataset.name for output in misuse.task.signature.outputs],
                    )
                )
        return None

    def unresolved(self, subject: str, missing: Missing) -> None:
        self.problems.append(
            UnresolvedAnnotation(
                where=str(self.where),
                subject=subject,
                missing=missing.name,
                known=self.datasets_in_scope(),
                local=is_local(self.shape.function),
            )
        )

    def datasets_in_scope(self) -> List[str]:
        return [name for name, value in self.scope.visible() if isinstance(value, Dataset)]

    def problem(self, subject: str, reason: str, mend: str) -> None:
        self.problems.append(
            InvalidAnnotation(where=str(self.where), subject=subject, reason=reason, mend=mend)
        )

    def report(self) -> DefinitionError:
        if len(self.problems) == 1:
            return self.problems[0]
        return DefinitionErrors(subject=str(self.where), problems=self.problems)
