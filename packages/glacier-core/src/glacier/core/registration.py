"""A pipeline in a Pulumi program: from what is declared to what its provider registers for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Iterator, Mapping, NamedTuple, Optional, Sequence, cast

from glacier.core.addresses import place_of_data
from glacier.core.contracts.pipelines import Packing, PipelineParts, PipelineProvider, TaskPart
from glacier.core.dataset import Dataset
from glacier.core.declared import mapping_of
from glacier.core.errors import CannotDeploy, InvalidOption
from glacier.core.grants import grants_of
from glacier.core.parameters import bind, parameter_names
from glacier.core.programs import Session, session
from glacier.core.resource import Resource
from glacier.core.schedules import Schedule
from glacier.core.specs import ScheduleSpec
from glacier.core.stages import stages_of

if TYPE_CHECKING:
    from glacier.core.bundle import Bundle
    from glacier.core.environment import Environment
    from glacier.core.pipeline import Pipeline

__all__ = ["Wish", "fingerprint_of", "register_pipeline", "runs_pipelines", "wish_of"]

_BUNDLES = Path(".glacier", "bundles")
_MEGABYTE = 1_000_000
_GIVEN = "schedule"  # the name of a schedule that was given without one


class Wish(NamedTuple):
    """What was said of a pipeline that is to be deployed: when it starts, the provider's own
    options, and whether its tasks are to run there at all."""

    schedule: Optional[Schedule] = None
    options: Mapping[str, Any] = {}
    tasks: bool = True


def wish_of(schedule: object, options: object, tasks: object = True, *, where: str) -> Wish:
    """The same, checked. Raises :class:`~glacier.core.errors.InvalidOption`."""
    found = mapping_of("options", options, where)
    if type(tasks) is not bool:
        mend = "Give True or False."
        raise InvalidOption(where=where, option="tasks", found=tasks, mend=mend)
    if schedule is None or isinstance(schedule, Schedule):
        return Wish(schedule, found, tasks)
    if isinstance(schedule, Resource) and isinstance(schedule.spec, ScheduleSpec):
        return Wish(None, found, tasks)  # which the environment has, so it is registered anyway
    mend = "Give Schedule(cron='0 6 * * *', timezone='Europe/Berlin')."
    raise InvalidOption(where=where, option="schedule", found=schedule, mend=mend)


def runs_pipelines(environment: Environment) -> bool:
    """Whether the tasks of a pipeline can run in the cloud of an environment."""
    return hasattr(type(environment.provider), "register_pipeline")


def register_pipeline(
    environment: Environment, pipeline: Pipeline, wish: Wish, *, target: Optional[str]
) -> Any:
    """Register a pipeline with the provider of an environment; its component.

    Registers nothing, and returns ``None``, for a provider that cannot, for a pipeline without
    tasks, and if ``wish`` says so. ``target`` is the file that declares it, which is packed if the
    session that is under way says so, or if there is none. Raises
    :class:`~glacier.core.errors.CannotDeploy` for what the provider objects to; within a session
    that does not pack they are noted there instead.
    """
    if not (runs_pipelines(environment) and pipeline.tasks and wish.tasks):
        return None
    provider = cast("PipelineProvider", environment.provider)
    current, where = session(), f"deploy of {pipeline.name!r} in {environment.name!r}"
    packing = provider.packing(wish.options, where=where)
    parts = _parts(environment, pipeline, wish)
    site = environment.site()
    if site.deletes_data:
        return provider.register_pipeline(parts, site)
    objections = [
        *provider.objections(parts),
        *_no_file(pipeline, target),
        *_no_parameters(environment, pipeline, parts),
    ]
    if objections:
        return _refuse(pipeline.name, objections, current)
    if target is not None and (current is None or current.packs):
        parts = parts._replace(fingerprint=fingerprint_of(environment, pipeline))
        bundle = _packed(parts, packing, environment=environment.name, target=target)
        if current is not None:
            current.remarks.extend(_remarks(bundle))
        parts = parts._replace(code=bundle)
    return provider.register_pipeline(parts, site)


def _no_file(pipeline: Pipeline, target: Optional[str]) -> Sequence[str]:
    if target is not None:
        return ()
    reason = "is declared by no file at its top level, so there is no code to run in the cloud"
    return [f"pipeline {pipeline.name!r} {reason}: declare it at the top level of a file"]


def _no_parameters(
    environment: Environment, pipeline: Pipeline, parts: PipelineParts
) -> Sequence[str]:
    """Why a schedule cannot start a run, to which it gives no parameters."""
    if not parts.schedules:
        return ()
    graph = pipeline.graph()
    known = parameter_names(graph)
    told = {key: value for key, value in environment.params.items() if key in known}
    names = ", ".join(map(repr, parts.schedules))
    return [
        f"a schedule ({names}) starts runs without parameters: {problem}"
        for problem in bind(graph, told).problems
    ]


def _refuse(pipeline: str, objections: Sequence[str], current: Optional[Session]) -> None:
    if current is None or current.packs:
        reason = "".join(f"\n  {one}" for one in objections)
        raise CannotDeploy(target=f"pipeline {pipeline!r}", reason=reason, mend="")
    current.objections.extend(objections)


def _parts(environment: Environment, pipeline: Pipeline, wish: Wish) -> PipelineParts:
    graph, plan = pipeline.graph(), pipeline.plan()
    datasets = {name: environment.placed(each) for name, each in graph.datasets.items()}
    grants = grants_of(plan, datasets, place=place_of_data)
    tasks = {task.name: task for task in graph.tasks}
    return PipelineParts(
        name=pipeline.name,
        plan=plan,
        stages=stages_of(plan),
        grants=grants,
        tasks=[
            TaskPart(number, step.task, str(task.place), task.compute, task.group)
            for number, step in enumerate(plan.steps)
            for task in [tasks[step.task]]
        ],
        datasets=datasets,
        natives=_natives(datasets),
        secrets=_secrets(environment),
        schedules=_schedules(environment, wish),
        options=wish.options,
    )


def _natives(datasets: Mapping[str, Dataset]) -> Dict[str, Any]:
    return {
        name: each.resource.native for name, each in datasets.items() if each.resource is not None
    }


def _secrets(environment: Environment) -> Dict[str, Any]:
    return {one.name: one.native for one in environment.resources.values() if one.kind == "secret"}


def _schedules(environment: Environment, wish: Wish) -> Dict[str, Schedule]:
    specs = [one.spec for one in environment.resources.values()]
    found = {
        spec.name: Schedule(cron=spec.cron, timezone=spec.timezone, overlap=spec.overlap)
        for spec in specs
        if isinstance(spec, ScheduleSpec)
    }
    if wish.schedule is not None:
        name = _GIVEN
        while name in found:
            name = f"{name}-"
        found[name] = wish.schedule
    return found


def fingerprint_of(environment: Environment, pipeline: Pipeline) -> str:
    """The hash of what is deployed of a pipeline: its plan, its code, the formats of its datasets
    and what its tasks may do. Another one means that what is deployed is not what is here."""
    from glacier.core.fingerprint.code import code_of
    from glacier.core.remote.deployed import plan_hash

    graph, plan = pipeline.graph(), pipeline.plan()
    datasets = {name: environment.placed(each) for name, each in graph.datasets.items()}
    codes = {task.name: code_of(task.function) for task in graph.tasks}
    return plan_hash(
        plan,
        grants=grants_of(plan, datasets, place=place_of_data),
        formats={name: each.keeping.format for name, each in datasets.items()},
        codes={name: None if code is None else code.digest for name, code in codes.items()},
    )


def _packed(parts: PipelineParts, packing: Packing, *, environment: str, target: str) -> Bundle:
    """The code of a pipeline, packed now."""
    from glacier.core.bundle import Limits, Platform, locate, make_bundle
    from glacier.core.remote.deployed import Deployed

    root, inside = locate(target, parts.name)
    told = Deployed(parts.name, environment, inside, parts.fingerprint)
    return make_bundle(
        root=root,
        target=inside,
        deployed=told.to_json(),
        packages=packing.packages,
        platform=Platform(packing.python, packing.machine, provided=packing.provided),
        limits=Limits(packing.cloud, packing.unzipped, packing.direct),
        into=_BUNDLES,
        extra_requirements=packing.requirements,
    )


def _remarks(bundle: Bundle) -> Iterator[str]:
    """What is to be known of the code that was packed."""
    size, unzipped = bundle.size / _MEGABYTE, bundle.unzipped / _MEGABYTE
    yield f"the code of all tasks: {size:.1f} MB, unzipped {unzipped:.1f} MB"
    yield from bundle.notes
    for module, file, line in bundle.missing:
        yield f"{file}:{line} imports {module!r}, which is not there and in no requirement"
