"""Frozen descriptions of what a pipeline uses besides its data."""

from __future__ import annotations

from typing import NoReturn, Tuple

from glacier.core.errors import NotCallable
from glacier.core.names import check_name
from glacier.core.place import caller, place_of

__all__ = ["Secret"]


class Secret:
    """A secret that a task reads: ``key: Annotated[str, Secret("crm-key")]``.

    Only the name is ever declared, planned or logged. A run in this process takes the value from
    the environment variable :attr:`variable`, just before the call.
    """

    # By hand: importing dataclasses would take longer than all of glacier.core.
    __slots__ = ("name",)

    name: str

    def __init__(self, name: str) -> None:
        where = place_of(caller())
        object.__setattr__(self, "name", check_name(name, kind="secret", where=where))

    def __setattr__(self, attribute: str, _: object) -> NoReturn:
        raise AttributeError(f"{self!r} is frozen: {attribute!r} cannot be set")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.name == self.name

    def __hash__(self) -> int:
        return hash((Secret, self.name))

    def __reduce__(self) -> Tuple[object, ...]:
        return Secret, (self.name,)

    def __repr__(self) -> str:
        return f"Secret({self.name!r})"

    @property
    def variable(self) -> str:
        """The environment variable of a local run: ``GLACIER_SECRET_CRM_KEY`` for ``crm-key``."""
        return "GLACIER_SECRET_" + "".join(
            letter if letter.isalnum() else "_" for letter in self.name.upper()
        )

    # Typing forms of Python 3.10 and older accept only what can be called.
    def __call__(self, *_: object, **__: object) -> object:
        raise NotCallable(
            found=self,
            mend="In a task its value is the parameter that is annotated with it.",
        )
