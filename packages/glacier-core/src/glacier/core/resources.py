"""Frozen descriptions of what a pipeline uses besides its data."""

from __future__ import annotations

from dataclasses import dataclass

from glacier.core.errors import DefinitionError
from glacier.core.names import check_name

__all__ = ["Secret"]


@dataclass(frozen=True)
class Secret:
    """A secret that a task reads: ``key: Annotated[str, Secret("crm-key")]``.

    Only the name is ever declared, planned or logged. A run in this process takes the value from
    the environment variable :attr:`variable`, just before the call.
    """

    name: str

    def __post_init__(self) -> None:
        check_name(self.name, kind="secret", where="Secret(…)")

    @property
    def variable(self) -> str:
        """The environment variable of a local run: ``GLACIER_SECRET_CRM_KEY`` for ``crm-key``."""
        return "GLACIER_SECRET_" + "".join(
            letter if letter.isalnum() else "_" for letter in self.name.upper()
        )

    # Typing forms of Python 3.10 and older accept only what can be called.
    def __call__(self, *_: object, **__: object) -> object:
        raise DefinitionError(f"{self!r} is a declaration, not a function; it cannot be called.")
