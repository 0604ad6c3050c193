"""The result of a synthesis, as data: the same from the same file, wherever it is made."""

from __future__ import annotations

from typing import Any, Dict, Mapping, NamedTuple, Tuple, cast

from glacier.core.contracts.providers import Location, Registered
from glacier.core.errors import RecordError
from glacier.core.grants import Grant
from glacier.core.synth.waiting import Wait

__all__ = ["FORMAT", "Named", "Synth"]

FORMAT = 1
"""The format of what :meth:`Synth.to_json` writes; another one is refused by name."""


class Named(NamedTuple):
    """What a declared resource is called in the cloud, where names have rules of their own."""

    kind: str
    name: str
    called: str


class Synth(NamedTuple):
    """Every resource that would be registered, who may do what, and what is doubtful.

    ``barriers`` are where tasks wait that need not; in a cloud, for a local run has none.
    ``str`` of it is what ``glacier synth`` prints.
    """

    pipeline: str
    environment: str
    location: Location
    resources: Tuple[Registered, ...] = ()
    permissions: Tuple[Grant, ...] = ()
    names: Tuple[Named, ...] = ()
    warnings: Tuple[str, ...] = ()
    format: int = FORMAT
    barriers: Tuple[Wait, ...] = ()

    def to_json(self) -> Dict[str, Any]:
        """The same as JSON data, for a file in a repository."""
        return {
            "format": self.format,
            "pipeline": self.pipeline,
            "environment": self.environment,
            "location": self.location._asdict(),
            "resources": [{**one._asdict()} for one in self.resources],
            "permissions": [one.to_json() for one in self.permissions],
            "names": [one._asdict() for one in self.names],
            "warnings": list(self.warnings),
            "barriers": [one.to_json() for one in self.barriers],
        }

    @classmethod
    def from_json(cls, data: object) -> Synth:
        """The synthesis that :meth:`to_json` wrote.

        Raises :class:`~glacier.core.errors.RecordError` for another format or a broken record.
        """
        record = cast("Mapping[str, Any]", data if isinstance(data, Mapping) else {})
        found = record.get("format")
        if found != FORMAT:
            raise RecordError(record="synthesis", found=found, expected=FORMAT)
        try:
            return cls(
                record["pipeline"],
                record["environment"],
                Location(**record["location"]),
                tuple([Registered(**one) for one in record["resources"]]),
                tuple([Grant(**one) for one in record["permissions"]]),
                tuple([Named(**one) for one in record["names"]]),
                tuple(record["warnings"]),
                barriers=tuple(map(_wait, record.get("barriers", ()))),
            )
        except (KeyError, TypeError) as error:
            broken = f"{type(error).__name__}: {error}"
            raise RecordError(
                record="synthesis", found=found, expected=FORMAT, broken=broken
            ) from error

    def __str__(self) -> str:
        from glacier.core.synth.text import text_of

        return text_of(self)


def _wait(data: Mapping[str, Any]) -> Wait:
    return Wait(tuple(data["before"]), tuple(data["after"]))
