"""Errors in what environments declare, and in what becomes of it in a Pulumi program."""

from __future__ import annotations

from typing import Iterable

from glacier.core.errors._base import described, listed, perhaps
from glacier.core.errors._definition import DefinitionError
from glacier.core.errors._request import RequestError

__all__ = [
    "CannotSynth",
    "DuplicateResource",
    "ForeignResource",
    "NotAProvider",
    "NotAnEnvironment",
    "NotRegistered",
    "PlaceholderUsed",
    "UnknownNative",
    "UnknownOption",
]


class UnknownOption(DefinitionError):
    """An option that neither Glacier nor, in ``options=``, the provider's resource has."""

    def __init__(self, *, where: str, option: str, known: Iterable[str], mend: str = "") -> None:
        names = sorted(set(known))
        guess = perhaps(option, names) or f" There are {listed(names, limit=12)}."
        super().__init__(f"{where}: there is no option {option!r}.{guess}{mend and f' {mend}'}")


class DuplicateResource(DefinitionError):
    """Two resources of one kind and name in one environment."""

    def __init__(self, *, kind: str, name: str, environment: str, places: Iterable[str]) -> None:
        super().__init__(
            f"environment {environment!r} has two resources {kind}({name!r}): "
            f"{' and '.join(places)}. Declare it once and use what that returns, or give one "
            "another name."
        )


class ForeignResource(DefinitionError):
    """A resource of one environment that is used in another."""

    def __init__(self, *, where: str, resource: str, other: str, environment: str) -> None:
        super().__init__(
            f"{where} is kept on {resource}, which belongs to environment {other!r}, not to "
            f"{environment!r}. Bind it to one of its own: "
            "env.bind({dataset: env.object_storage('…')})."
        )


class UnknownNative(DefinitionError):
    """A raw Pulumi resource that no installed provider knows as a place for datasets."""

    def __init__(self, *, where: str, token: str, name: str, mend: str) -> None:
        super().__init__(f"{where}: the resource {name!r} is of type {token}. {mend}")


class NotAProvider(DefinitionError):
    """An environment that was given something else than a provider object."""

    def __init__(self, *, where: str, found: object) -> None:
        if isinstance(found, type):
            what, mend = f"the class {found.__name__}", f"Make one: {found.__name__}(…)."
        elif getattr(found, "__glacier__", None) == "environment":
            what, mend = repr(found), "That is an environment already."
        else:
            what, mend = described(found), "Give a provider object, such as LocalProvider()."
        super().__init__(f"{where}: provider= is {what}. {mend}")


class NotAnEnvironment(DefinitionError, AttributeError):
    """A provider that was used as if it were an environment."""

    def __init__(self, *, provider: str, attribute: str) -> None:
        mend = ""
        if attribute in _METHODS:
            mend = (
                f" That is a method of environments: env = Environment({provider}(…)); "
                f"env.{attribute}(…)."
            )
        super().__init__(f"{provider} is a provider and has no {attribute!r}.{mend}")


_METHODS = (
    "bind",
    "bound",
    "database",
    "deploy",
    "destroy",
    "object_storage",
    "preview",
    "refresh",
    "schedule",
    "secret",
    "serverless",
    "synth",
)


class NotRegistered(RequestError):
    """The Pulumi resource behind one that is only declared."""

    def __init__(self, *, resource: str, where: str) -> None:
        super().__init__(
            f"{resource} ({where}) is declared and not registered: no Pulumi program is running. "
            "It has a .native inside one: under 'pulumi up', in 'glacier synth', or with "
            "pulumi.runtime.set_mocks()."
        )


class PlaceholderUsed(RequestError):
    """A real value was asked of a module that stands in for an SDK that is not installed."""

    def __init__(self, *, name: str, package: str) -> None:
        super().__init__(
            f"{name} has no value here: {package!r} is not installed, and what stands in for it "
            "only lets the file be loaded. Install it where this value is needed: "
            f"python -m pip install {package.replace('_', '-')}."
        )


class CannotSynth(RequestError):
    """A file or pipeline of which no resources can be told."""

    def __init__(self, *, target: str, reason: str, mend: str) -> None:
        super().__init__(f"cannot synthesise {target}: {reason}{mend and f'. {mend}'}")
