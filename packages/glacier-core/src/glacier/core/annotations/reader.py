"""From the evaluated annotations of a function to its signature, with every problem on the way."""

from __future__ import annotations

from typing import Any, List, Optional, Sequence, Tuple

from glacier.core.annotations.forms import (
    UNKNOWN,
    Misuse,
    Use,
    declaring_class,
    is_type,
    members_of_tuple,
    missing_in,
    names_dataset,
    read_form,
)
from glacier.core.annotations.hints import Hints
from glacier.core.annotations.scope import Missing, is_local
from glacier.core.annotations.signature import REQUIRED, Argument, ArgumentKind, Output, Signature
from glacier.core.codec import conform, is_parameter_type, type_name
from glacier.core.dataset import Dataset, Each, Either
from glacier.core.errors import (
    DefinitionError,
    DefinitionErrors,
    InvalidAnnotation,
    MissingAnnotation,
    TaskAsAnnotation,
    UnresolvedAnnotation,
)
from glacier.core.place import Where
from glacier.core.resources import Secret
from glacier.core.typeforms import members_of_union

__all__ = ["read_signature"]


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
        self.missing = hints.missing
        self.where = where
        self.problems: List[DefinitionError] = []

    def read(self) -> Signature:
        shape = self.shape
        if shape.is_variadic:
            self.problem("*args and **kwargs", "have no fixed datasets.", "Name each parameter.")
        if shape.is_async_generator:
            self.problem("the task", "is an async generator.", "Return a list of what it yields.")
        arguments = [self.argument(name, keyword=False) for name in shape.positional]
        if shape.keyword_only:
            arguments += [self.argument(name, keyword=True) for name in shape.keyword_only]
        outputs, many = self.outputs(self.hints.get("return"))
        if len(arguments) > 1:
            self.check_arguments(arguments)
        if many and len({id(output.dataset) for output in outputs}) < len(outputs):
            self.problem("the return annotation", "names a dataset twice.", "Name each once.")
        if self.problems:
            raise self.report()
        return Signature(tuple(arguments), outputs, many, shape.is_async)

    def argument(self, name: str, *, keyword: bool) -> Argument:
        default, hint = self.shape.defaults.get(name, REQUIRED), self.hints.get(name)
        if type(hint) is Dataset and default is REQUIRED:  # as most are: nothing can be wrong
            return Argument(name, ArgumentKind.INPUT, keyword, hint)
        subject = f"parameter {name!r}"
        before = len(self.problems)
        use = self.use(subject, hint)
        if name not in self.hints:
            self.problems.append(
                MissingAnnotation(
                    where=str(self.where), parameter=name, datasets=self.datasets_in_scope()
                )
            )
        if default is not REQUIRED and _is_declaration(default):
            self.problem(
                subject,
                f"has {default!r} for its default.",
                f"What a task reads stands in the annotation: '{name}: …'.",
            )
        if len(self.problems) > before:
            return Argument(name, ArgumentKind.FIXED, keyword)
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
        subject = f"parameter {name!r}"
        if not is_parameter_type(kind) or declaring_class(kind) is not None:
            self.check_fixed(subject, kind, required=default is REQUIRED)
            return Argument(name, ArgumentKind.FIXED, keyword, default=default)
        if default is not REQUIRED and default is not None:
            try:
                default = conform(default, kind)
            except ValueError as error:
                self.problem(f"the default of {subject}:", f"{error}.", "Make them agree.")
        return Argument(name, ArgumentKind.PARAMETER, keyword, default=default, type=kind)

    def check_fixed(self, subject: str, kind: Any, *, required: bool) -> None:
        """Let a parameter that is nothing to Glacier keep its default, if it has one."""
        shown = type_name(kind)
        declaring = declaring_class(kind)
        if declaring is not None:
            self.problem(
                subject,
                f"is annotated with the class {declaring.__name__}, not with one of its objects.",
                "Name the object itself: 'data: raw', where raw = Dataset('raw').",
            )
        elif not is_type(kind):
            self.problem(
                subject,
                f"is annotated {shown}, which is neither a dataset nor a type.",
                "Name the dataset itself, or write a type.",
            )
        elif required:
            union = " In a union no two may look alike in JSON." if members_of_union(kind) else ""
            self.problem(
                subject,
                f"has type {shown}: neither a dataset nor a run parameter.",
                f"Write Annotated[{shown}, dataset] to read a dataset. Run parameters are str, "
                "int, float, bool, None, date, datetime, timedelta, Decimal, UUID, Enum, Literal, "
                f"and lists and dicts of them.{union}",
            )

    def check_arguments(self, arguments: Sequence[Argument]) -> None:
        mapped = [argument.name for argument in arguments if argument.each]
        if len(mapped) > 1:
            subject = " and ".join(map(repr, mapped))
            self.problem(subject, "are both mapped ('.each').", "Map over one dataset per task.")
        skipped: Optional[Argument] = None  # what comes after it would go by keyword
        for argument in arguments[: self.shape.positional_only]:
            fixed = argument.kind == ArgumentKind.FIXED
            if skipped is not None and not fixed:
                self.problem(
                    f"parameter {argument.name!r}",
                    f"can be given by position only, but {skipped.name!r} before it may be left "
                    "out, to keep its default.",
                    f"Let the '/' of the signature stand before {argument.name!r}.",
                )
            if fixed or (argument.kind == ArgumentKind.INPUT and argument.default is not REQUIRED):
                skipped = argument

    def outputs(self, annotation: Any) -> Tuple[Tuple[Output, ...], bool]:
        if type(annotation) is Dataset:
            return (Output(annotation),), False
        if annotation is None or annotation is type(None):
            return (), False
        members = members_of_tuple(annotation)
        found = [self.output(member) for member in (members or (annotation,))]
        return tuple([output for output in found if output is not None]), members is not None

    def output(self, annotation: Any) -> Optional[Output]:
        subject = "the return"
        before = len(self.problems)
        use = self.use(subject, annotation)
        if len(self.problems) > before:
            return None
        if use is None or not isinstance(use.target, Dataset):
            self.check_lost(subject, annotation)
            return None
        if use.each:
            self.problem(
                subject,
                f"is annotated {use.target!r}.each, but '.each' is for parameters.",
                "Write '-> dataset': a task that maps returns the result for one item, and the "
                "dataset collects the results.",
            )
        known = use.type is not UNKNOWN
        return Output(use.target, Optional[use.type] if use.optional and known else use.type)

    def check_lost(self, subject: str, annotation: Any) -> None:
        form = type_name(annotation)
        if declaring_class(annotation) is not None:
            self.check_fixed(subject, annotation, required=True)
            return
        if annotation is Ellipsis:
            self.problem(subject, "has '...' among its datasets.", "Name each of them.")
            return
        typed = f"Annotated[{form}, dataset]" if is_type(annotation) else "dataset"
        self.problem(
            subject,
            f"is annotated {form}, which is no dataset, so its value would be lost.",
            f"Write '-> {typed}' to produce one, or '-> None'.",
        )

    def use(self, subject: str, annotation: Any) -> Optional[Use]:
        if self.missing and self.undefined(subject, annotation):
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
                        outputs=_outputs_of(misuse.task),
                    )
                )
        return None

    def undefined(self, subject: str, annotation: Any) -> bool:
        """Report every undefined name that may be a dataset; whether there is one."""
        from glacier.core.annotations.checkers import is_for_checkers

        function = self.shape.function
        found = [one for one in missing_in(annotation) if not is_for_checkers(one, function)]
        for missing in found:
            self.unresolved(subject, missing)
        return bool(found)

    def unresolved(self, subject: str, missing: Missing) -> None:
        from glacier.core.annotations.checkers import is_bound_for_checkers

        advice = ""
        if missing.gone:
            advice = (
                f"It is a name of {missing.gone}(), which has returned: decorate the function "
                f"inside {missing.gone}(), or do without 'from __future__ import annotations'."
            )
        elif missing.alias:
            advice = f"It stands in the alias {missing.alias}, which needs it at run time."
        elif is_bound_for_checkers(missing, self.shape.function):
            advice = "It is there for type checkers only: define or import it at run time too."
        self.problems.append(
            UnresolvedAnnotation(
                where=str(self.where),
                subject=subject,
                missing=missing.name,
                known=self.datasets_in_scope(),
                local=is_local(self.shape.function),
                advice=advice,
            )
        )

    def datasets_in_scope(self) -> List[str]:
        return [name for name, value in self.scope.visible() if names_dataset(value)]

    def problem(self, subject: str, reason: str, mend: str) -> None:
        self.problems.append(
            InvalidAnnotation(where=str(self.where), subject=subject, reason=reason, mend=mend)
        )

    def report(self) -> DefinitionError:
        if len(self.problems) == 1:
            return self.problems[0]
        return DefinitionErrors(subject=str(self.where), problems=self.problems)


def _is_declaration(default: object) -> bool:
    return (
        isinstance(default, (Dataset, Each, Either, Secret))
        or getattr(default, "__glacier__", None) == "task"
    )


def _outputs_of(task: Any) -> List[str]:
    try:
        return [output.dataset.name for output in task.signature.outputs]
    except DefinitionError:  # a problem of its own, reported with its pipeline
        return []
