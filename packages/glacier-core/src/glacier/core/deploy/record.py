"""What came of one operation on a stack, as data."""

from __future__ import annotations

from typing import Any, Dict, Mapping, NamedTuple, Tuple

from glacier.core.contracts.providers import Location

__all__ = ["FORMAT", "Deployment", "Output", "Step"]

FORMAT = 1
"""The format of what :meth:`Deployment.to_json` writes."""

_HIDDEN = "<secret>"


class Step(NamedTuple):
    """What is done with one resource: ``create``, ``update``, ``replace``, ``delete`` …"""

    operation: str
    type: str
    name: str


class Output(NamedTuple):
    """A value that a program exports; a secret one is shown as ``<secret>``."""

    value: Any
    is_secret: bool = False

    def __repr__(self) -> str:
        return f"Output({self.shown!r})"

    @property
    def shown(self) -> Any:
        """The value, unless it is secret."""
        return _HIDDEN if self.is_secret else self.value


class Deployment(NamedTuple):
    """What ``operation`` (``deploy``, ``preview``, ``refresh``, ``destroy``) did or would do.

    ``steps`` are the resources that changed, in the engine's order; ``changes`` counts them by
    operation, with those that stay the ``same``. ``outputs`` are the ids of what is declared, by
    ``kind/name``, and what the file exports. ``addresses`` are those of its object storages, and of
    the raw ones that datasets are kept on, for ``env.bound(pipeline, addresses=…)``. ``kept`` are
    the resources that ``destroy`` left, for they hold data. ``note`` says why nothing was done,
    ``remarks`` what is to be known of the pipeline: that it is not deployed, or how large it is.
    ``str`` of it is what the command prints.
    """

    operation: str
    pipeline: str
    environment: str
    location: Location
    stack: str = ""
    backend: str = ""
    steps: Tuple[Step, ...] = ()
    changes: Mapping[str, int] = {}
    outputs: Mapping[str, Output] = {}
    addresses: Mapping[str, str] = {}
    kept: Tuple[str, ...] = ()
    note: str = ""
    remarks: Tuple[str, ...] = ()
    format: int = FORMAT

    def to_json(self) -> Dict[str, Any]:
        """The same as JSON data, secrets hidden."""
        return {
            "format": self.format,
            "operation": self.operation,
            "pipeline": self.pipeline,
            "environment": self.environment,
            "location": self.location._asdict(),
            "stack": self.stack,
            "backend": self.backend,
            "steps": [one._asdict() for one in self.steps],
            "changes": dict(self.changes),
            "outputs": {name: one.shown for name, one in self.outputs.items()},
            "addresses": dict(self.addresses),
            "kept": list(self.kept),
            "note": self.note,
            "remarks": list(self.remarks),
        }

    def __str__(self) -> str:
        from glacier.core.deploy.text import text_of

        return text_of(self)
