"""The program that the engine executes: the user's file, afresh, or what is declared already."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Callable, List, Mapping, NamedTuple, Optional, Set

from glacier.core.addresses import addresser
from glacier.core.loader import load, split_target
from glacier.core.programs import Session, opened
from glacier.core.registration import Wish, register_pipeline
from glacier.core.synth.execution import chosen, environment_of, forget

if TYPE_CHECKING:
    from glacier.core.environment import Environment
    from glacier.core.resource import Resource

__all__ = ["ADDRESSES", "Program", "Register", "of_declared", "of_file", "program_of"]

ADDRESSES = "glacier:addresses"
"""The output with the addresses of object storages, which stays in the stack."""

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


def of_file(
    target: str,
    pipeline: str,
    environment: Environment,
    before: Set[str],
    *,
    wish: Optional[Wish] = None,
    remarks: List[str],
) -> Register:
    """What executes a file for one of its environments, and registers the pipeline, of which
    ``remarks`` tell.

    Modules beside the file that have been imported since ``before`` are imported anew.
    """
    file, wanted = split_target(target)
    name, kind = environment.name, environment.provider.kind

    def register(deletes_data: bool) -> None:
        forget(before, file)
        one = Session(
            pipeline,
            environment=name,
            provider=kind,
            deletes_data=deletes_data,
            packs=not deletes_data,
        )
        with opened(one):
            loaded = load(file)
            found = environment_of(one, name, target)
            if found is not None:
                declared = chosen(loaded, wanted)
                storages = found.storages(declared)
                resources = {**storages, **found.resources}
                natives = {key: resource.native for key, resource in resources.items()}
                _export(found, natives, storages)
                said = wish or one.wishes.get((declared.name, found.name), Wish())
                _export_told(register_pipeline(found, declared, said, target=file))
                remarks[:] = one.remarks

    return register


def of_declared(pipeline: str, environment: Environment) -> Register:
    """What registers all that an environment has declared in this process."""

    def register(deletes_data: bool) -> None:
        one = Session(pipeline, environment=environment.name, deletes_data=deletes_data)
        with opened(one):
            declared = environment.resources
            natives = {key: environment.register(one) for key, one in declared.items()}
            # A raw resource was made before this program began, so it is no part of it.
            storages = {key: one for key, one in declared.items() if one.kind == "object_storage"}
            _export(environment, natives, storages)

    return register


def _export_told(component: Any) -> None:
    """Let what a pipeline's component tells be outputs."""
    import pulumi

    for name, value in getattr(component, "told", {}).items():
        pulumi.export(f"pipeline/{name}", value)


def _export(
    environment: Environment, natives: Mapping[str, Any], storages: Mapping[str, Resource]
) -> None:
    """Let the ids of native resources be outputs, and the addresses of storages; a schedule has
    neither."""
    import pulumi

    for name, native in natives.items():
        if native is not None:
            pulumi.export(name, native.id)
    addresses = {
        key: natives[key].id.apply(addresser(environment, one, natives[key]))
        for key, one in storages.items()
    }
    if addresses:
        pulumi.export(ADDRESSES, addresses)
