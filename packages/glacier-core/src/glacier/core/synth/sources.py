"""From a file, a pipeline or an environment to a synthesis: what is executed, and in which process.

A file is executed afresh inside the program, so that raw resources at its top level are seen too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Sequence, Tuple

from glacier.core.contracts.providers import Location
from glacier.core.errors import CannotSynth, GlacierError
from glacier.core.loading import end_here
from glacier.core.pipeline import Pipeline
from glacier.core.programs import Session, opened, session
from glacier.core.synth.advice import advice
from glacier.core.synth.execution import execute, file_of
from glacier.core.synth.permissions import permissions
from glacier.core.synth.program import Program, run_program
from glacier.core.synth.record import Named, Synth
from glacier.core.synth.waiting import waits_of

if TYPE_CHECKING:
    from glacier.core.environment import Environment

__all__ = ["synth_declared", "synth_file", "synth_of"]

_NONE = Location("none")


def synth_of(environment: Environment, pipeline: Pipeline) -> Synth:
    """The synthesis that ``env.synth(pipeline)`` returns."""
    current, kind = session(), environment.provider.kind
    if current is not None:  # the file that asks is being executed for somebody's synthesis
        if current.wants(environment=environment.name, provider=kind):
            end_here(pipeline)
        return Synth(pipeline.name, environment.name, environment.provider.location)
    end_here(pipeline)
    file = file_of(pipeline)
    if file is None:
        return synth_declared(environment, pipeline)
    return _in_process(file, pipeline.name, environment.name, kind)


def synth_declared(environment: Environment, pipeline: Pipeline) -> Synth:
    """The synthesis of what an environment has declared in this process, raw resources left out."""
    one, kind = Session(pipeline.name, environment=environment.name), environment.provider.kind

    def register() -> None:
        for resource in environment.resources.values():
            environment.register(resource)

    with opened(one):
        _, program = run_program(
            register,
            project=pipeline.name,
            stack=environment.name,
            answers=lambda: environment.provider.answers,
        )
    note = "no file declares this pipeline at its top level, so raw resources are not seen"
    return _finished(one, program, pipeline, environment, more=[note] if kind != "local" else [])


def synth_file(
    target: str, environment: Optional[str] = None, *, provider: Optional[str] = None
) -> Synth:
    """The synthesis of ``FILE[:PIPELINE]``, in one of the file's environments.

    Without a name it is the only environment, or none where the file makes none. Raises
    :class:`~glacier.core.errors.RequestError`, and what the file raises.
    """
    done = execute(target, environment, provider=provider)
    return _finished(done.session, done.program, done.pipeline, done.environment)


def _finished(
    one: Session,
    program: Program,
    pipeline: Pipeline,
    environment: Optional[Environment],
    *,
    more: Sequence[str] = (),
) -> Synth:
    graph = pipeline.graph()
    if environment is not None:
        datasets = {name: environment.placed(each) for name, each in graph.datasets.items()}
        graph = graph._replace(datasets=datasets)
    rows = (*program.resources, *sorted(one.told, key=lambda row: (row.type, row.name)))
    names = sorted({Named(*each) for each in one.names if each[1] != each[2]})
    plan = pipeline.plan()
    granted = permissions(plan, graph)
    provider = None if environment is None else environment.provider
    warnings: List[str] = [
        *(() if provider is None else provider.doubts()),
        *advice(graph, rows, environment=environment),
        *one.objections,
        *[f"the answer of {token} is not known without a cloud" for token in program.unanswered],
        *more,
    ]
    return Synth(
        pipeline.name,
        "" if environment is None else environment.name,
        _NONE if provider is None else provider.location,
        rows,
        tuple(granted),
        tuple(names),
        tuple(warnings),
        barriers=tuple(waits_of(plan)) if provider is None or provider.needs_program else (),
    )


# --- in a process of its own ----------------------------------------------------------------------


def _in_process(file: str, pipeline: str, environment: str, provider: str) -> Synth:
    command = [sys.executable, "-m", "glacier.core.synth", f"{file}:{pipeline}"]
    paths = [path for path in sys.path if path]
    done = subprocess.run(
        [*command, environment, provider],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    target = f"{file}:{pipeline}"
    try:
        told: Mapping[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        reason = f"the process that executed it ended with code {done.returncode}"
        mend = "What it said stands above."
        raise CannotSynth(target=target, reason=reason, mend=mend) from error
    if "problem" in told:
        raise CannotSynth(target=target, reason=str(told["problem"]), mend="")
    return Synth.from_json(told)


def answer(target: str, environment: str, provider: str) -> Tuple[int, Dict[str, Any]]:
    """What the process of a synthesis says, and the code that it ends with."""
    try:
        return 0, synth_file(target, environment, provider=provider).to_json()
    except GlacierError as error:
        return 1, {"problem": str(error)}
