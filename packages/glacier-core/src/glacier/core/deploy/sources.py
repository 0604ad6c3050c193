"""From a file, a pipeline or an environment to a deployment: what is executed, and where.

A file is executed twice: first without any engine, which tells the names of project and stack and
what is wrong with the file before anything is touched; then inside the program, by the engine.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, List, Optional, Sequence

from glacier.core.deploy.asked import Asked
from glacier.core.deploy.operations import Job, operate
from glacier.core.deploy.program import Register, of_declared, of_file, program_of
from glacier.core.deploy.record import Deployment
from glacier.core.deploy.remote import operate_elsewhere
from glacier.core.errors import CannotDeploy, UnrealProvider
from glacier.core.loading import end_here
from glacier.core.programs import in_program, session
from glacier.core.registration import Wish, register_pipeline, runs_pipelines
from glacier.core.synth.execution import execute, file_of

if TYPE_CHECKING:
    from glacier.core.environment import Environment
    from glacier.core.pipeline import Pipeline

__all__ = ["operate_on", "operate_on_file"]


def operate_on(environment: Environment, pipeline: Pipeline, asked: Asked) -> Any:
    """What a method of an environment, such as ``env.deploy(pipeline)``, returns."""
    current, kind = session(), environment.provider.kind
    if current is not None:  # the file that asks is being executed for another operation
        if asked.wish is not None:
            current.wishes[pipeline.name, environment.name] = asked.wish
        if current.wants(environment=environment.name, provider=kind):
            end_here(pipeline)
        return _nothing(asked, pipeline.name, environment, "its file is being executed for another")
    end_here(pipeline)
    if in_program():
        note = "a Pulumi program is running, and its engine deploys what is declared in it"
        if asked.operation == "deploy":
            said = asked.wish or Wish()
            component = register_pipeline(environment, pipeline, said, target=file_of(pipeline))
            if component is not None:
                return component
        return _nothing(asked, pipeline.name, environment, note)
    file = file_of(pipeline)
    if file is None:
        register = of_declared(pipeline.name, environment)
        remarks = _remarks(environment, pipeline, asked, has_file=False)
        return _with(_operate(environment, pipeline.name, asked, register), remarks)
    return operate_elsewhere(f"{file}:{pipeline.name}", environment.name, kind, asked)


def operate_on_file(
    target: str, environment: Optional[str], asked: Asked, *, provider: Optional[str] = None
) -> Deployment:
    """An operation on ``FILE[:PIPELINE]``, in one of the file's environments.

    Raises :class:`~glacier.core.errors.DeployError`, :class:`~glacier.core.errors.RequestError`,
    and what the file raises.
    """
    before = set(sys.modules)
    seen = execute(target, environment, provider=provider, wish=asked.wish)
    name, home = seen.pipeline.name, seen.environment
    if home is None:
        reason = "it makes no environment, so it does not say in which cloud"
        mend = "Make one at its top level: env = Environment(provider, name='prod')."
        raise CannotDeploy(target=target, reason=reason, mend=mend)
    if home.provider.needs_program and asked.operation in ("deploy", "preview"):
        _check_real(home)
        home.storages(seen.pipeline)  # two of one name are refused before anything is touched
        if seen.session.objections:
            reason = "".join(f"\n  {one}" for one in seen.session.objections)
            raise CannotDeploy(target=target, reason=reason, mend="")
    told: List[str] = []
    register = of_file(target, name, home, before, wish=asked.wish, remarks=told)
    remarks = _remarks(home, seen.pipeline, asked, has_file=True)
    done = _operate(home, name, asked, register)
    return _with(done, [*remarks, *told])


def _remarks(
    environment: Environment, pipeline: Pipeline, asked: Asked, *, has_file: bool
) -> Sequence[str]:
    """What of a pipeline is not deployed, and why."""
    if asked.operation not in ("deploy", "preview") or not pipeline.tasks:
        return ()
    if not runs_pipelines(environment):
        cloud = environment.provider.location.cloud
        return (f"resources alone: tasks do not run in {cloud} yet",)
    if asked.wish is not None and not asked.wish.tasks:
        return ("resources alone, as was asked for",)
    if not has_file:
        return ("resources alone: no file declares this pipeline at its top level",)
    return ()


def _with(done: Deployment, remarks: Sequence[str]) -> Deployment:
    return done if done.note else done._replace(remarks=tuple(remarks))


def _operate(
    environment: Environment, pipeline: str, asked: Asked, register: Register
) -> Deployment:
    provider = environment.provider
    if not provider.needs_program:
        note = "nothing is deployed here: a run makes what it needs by itself, and data stay"
        return _nothing(asked, pipeline, environment, note)
    if asked.operation in ("deploy", "preview"):
        _check_real(environment)
    job = Job(asked, pipeline, environment.name, provider.location)
    return operate(job, program_of(register))


def _check_real(environment: Environment) -> None:
    doubts = environment.provider.doubts()
    if doubts:
        raise UnrealProvider(environment=environment.name, doubts=doubts)


def _nothing(asked: Asked, pipeline: str, environment: Environment, note: str) -> Deployment:
    location = environment.provider.location
    return Deployment(asked.operation, pipeline, environment.name, location, note=note)
