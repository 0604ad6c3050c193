"""What lets a provider deploy pipelines, and not only the resources that they use.

::

    pipeline, environment                what is declared
      └─ PipelineParts                   all that a cloud needs to know of it, in no cloud's words
           └─ provider.register_pipeline(parts, site)    inside a Pulumi program
"""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Optional, Protocol, Sequence, Tuple

from glacier.core.contracts.providers import Site
from glacier.core.dataset import Dataset
from glacier.core.grants import Grant
from glacier.core.plan import Plan
from glacier.core.resources import Serverless
from glacier.core.schedules import Schedule
from glacier.core.stages import Stages

__all__ = ["Code", "Packing", "PipelineParts", "PipelineProvider", "TaskPart"]


class Code(Protocol):
    """An archive with the code of all tasks: where it is, and its hash in hexadecimal."""

    @property
    def path(self) -> str: ...

    @property
    def sha256(self) -> str: ...


class Packing(NamedTuple):
    """What the code of tasks is packed for, and what goes with it.

    ``python`` is such as ``"3.13"``, ``machine`` ``"aarch64"``; ``provided`` are modules that are
    there anyway. ``unzipped`` and ``direct`` are how large it may be, in bytes: at most, and
    without a bucket. ``packages`` are distributions of Glacier, ``requirements`` what a cloud needs
    besides those of the user.
    """

    cloud: str
    python: str
    machine: str
    unzipped: int
    direct: int
    packages: Sequence[str] = ()
    requirements: Sequence[str] = ()
    provided: Tuple[str, ...] = ()


class TaskPart(NamedTuple):
    """What a deployment needs to know of one task besides its step; ``number`` is that of the step.

    Tasks of one ``group`` share an identity.
    """

    number: int
    name: str
    place: str
    compute: Optional[Serverless] = None
    group: Optional[str] = None


class PipelineParts(NamedTuple):
    """A pipeline as it is to be deployed in one environment.

    ``datasets`` are those of the environment, ``natives`` the native resources that they are kept
    on, and ``secrets`` those of the secrets that are declared, by name. ``options`` are the
    provider's own. Where nothing is packed, as in a synthesis, there is no ``code``, nor the
    ``fingerprint`` of what is deployed.
    """

    name: str
    plan: Plan
    stages: Stages
    grants: Sequence[Grant]
    tasks: Sequence[TaskPart]
    datasets: Mapping[str, Dataset]
    natives: Mapping[str, Any]
    secrets: Mapping[str, Any]
    schedules: Mapping[str, Schedule]
    options: Mapping[str, Any] = {}
    fingerprint: str = ""
    code: Optional[Code] = None


class PipelineProvider(Protocol):
    """What a :class:`~glacier.core.contracts.providers.Provider` may do besides.

    Without it a deployment makes resources alone, and says that tasks do not run there.
    """

    def packing(self, options: Mapping[str, Any], *, where: str) -> Packing:
        """What the code of tasks is packed with; asked before anything is registered.

        Raises :class:`~glacier.core.errors.InvalidOption` and
        :class:`~glacier.core.errors.UnknownOption` for options that are none.
        """
        ...

    def objections(self, parts: PipelineParts) -> Sequence[str]:
        """Why this pipeline cannot run there, as sentences that say how to mend it.

        They are warnings in a synthesis; ``preview`` and ``deploy`` refuse.
        """
        ...

    def register_pipeline(self, parts: PipelineParts, site: Site) -> Any:
        """Register the pipeline inside a Pulumi program; its component.

        The component's ``told`` are the outputs that a deployment shows, by name. Where
        ``site.deletes_data`` is true only what holds data is registered.
        """
        ...
