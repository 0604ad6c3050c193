"""The program that the engine executes: the user's file, afresh, or what is declared already."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Callable, List, Mapping, NamedTuple, Set

from glacier.core.loader import load, split_target
from glacier.core.programs import Session, opened
from glacier.core.synth.execution import environment_of, forget

if TYPE_CHECKING:
    from glacier.core.environment import Environment

__all__ = ["Program", "Register", "of_declared", "of_file", "program_of"]

Register = Callable[[bool], None]


class Program(NamedTuple):
    """``run`` registers everything, given ``True`` with what holds data as ready to be deleted;
    ``raised`` is what it ended with. ``loops`` are the event loops in which it ran."""

    run: Register
    raised: List[BaseException]
    loops: List[asyncio.AbstractEventLoop]

    def close(self) -> None:
        """Close what pulumi leaves open where a resource could not be registered."""
        for loop in self.loops:
            if not loop.is_running() and not loop.is_closed():
                loop.close()


def program_of(register: Register) -> Program:
    """The same, with what it raises, of which pulumi makes a text on another thread."""
    raised: List[BaseException] = []
    loops: List[asyncio.AbstractEventLoop] = []

    def run(deletes_data: bool) -> None:
        loops.append(asyncio.get_running_loop())
        try:
            register(deletes_data)
        except BaseException as error:
            raised.append(error)
            raise

    return Program(run, raised, loops)


def of_file(target: str, pipeline: str, environment: Environment, before: Set[str]) -> Register:
    """What executes a file for one of its environments.

    Modules beside the file that have been imported since ``before`` are imported anew.
    """
    file = split_target(target)[0]
    name, kind = environment.name, environment.provider.kind

    def register(deletes_data: bool) -> None:
        forget(before, file)
        one = Session(pipeline, environment=name, provider=kind, deletes_data=deletes_data)
        with opened(one):
            load(file)
            found = environment_of(one, name, target)
            if found is not None:
                _export({key: resource.native for key, resource in found.resources.items()})

    return register


def of_declared(pipeline: str, environment: Environment) -> Register:
    """What registers all that an environment has declared in this process."""

    def register(deletes_data: bool) -> None:
        one = Session(pipeline, environment=environment.name, deletes_data=deletes_data)
        with opened(one):
            resources = environment.resources.items()
            _export({key: environment.register(resource) for key, resource in resources})

    return register


def _export(natives: Mapping[str, Any]) -> None:
    """Let the ids of native resources be outputs; a schedule has none."""
    import pulumi

    for name, native in natives.items():
        if native is not None:
            pulumi.export(name, native.id)
