"""For tests of providers: what a program registers, without an engine."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Tuple

from glacier.core.contracts.providers import Registered
from glacier.core.programs import Session, opened
from glacier.core.synth.program import run_program

__all__ = ["Told", "registered"]


class Told(NamedTuple):
    """What a program registered, what it is called in the cloud, and which functions of the cloud
    it called that nobody could answer."""

    rows: List[Registered]
    names: List[Tuple[str, str, str]]
    unanswered: Tuple[str, ...] = ()

    @property
    def by_type(self) -> Dict[Tuple[str, str], Registered]:
        """The resources by the last part of their type, components by all of it, and their name."""
        found: Dict[Tuple[str, str], Registered] = {}
        for row in self.rows:
            kind = row.type if row.type.startswith("glacier:") else row.type.rpartition(":")[2]
            found[kind, row.name] = row
        return found


def registered(
    declare: Callable[[], object], *, pipeline: str = "etl", stack: str = "prod"
) -> Told:
    """What is registered by declaring inside a program, on pulumi's mocks.

    Functions of a cloud are answered as far as the providers of the environments know them.
    """
    session = Session(pipeline)

    def answers() -> Mapping[str, Mapping[str, Any]]:
        known: Dict[str, Mapping[str, Any]] = {}
        for env in session.environments:
            known.update(env.provider.answers)
        return known

    with opened(session):
        _, program = run_program(declare, project=pipeline, stack=stack, answers=answers)
    return Told([*program.resources, *session.told], session.names, tuple(program.unanswered))
