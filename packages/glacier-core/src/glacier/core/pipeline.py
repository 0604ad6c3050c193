"""Pipelines: the container that tasks are declared in.

Each method imports what it needs when it is called, so that declaring a pipeline does not cost the
import of all that runs one.
"""

from __future__ import annotations

import sys
from types import FrameType, MappingProxyType
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    Iterable,
    List,
    Mapping,
    Optional,
    TypeVar,
    Union,
    overload,
)

from glacier.core.dataset import dataset_in
from glacier.core.errors import GlacierError, InvalidAnnotation
from glacier.core.names import check_name
from glacier.core.place import caller, place_of
from glacier.core.task import Task

if sys.version_info >= (3, 10):
    from typing import ParamSpec
else:
    from typing_extensions import ParamSpec

if TYPE_CHECKING:
    from glacier.core.caching import Cache
    from glacier.core.contracts import Inputs, Keep, Launch
    from glacier.core.graph import Graph
    from glacier.core.plan import Plan
    from glacier.core.policy import Duration, RetryOn
    from glacier.core.resources import Permission, Serverless
    from glacier.core.select import Selection

__all__ = ["Pipeline"]

P = ParamSpec("P")
R = TypeVar("R")


class Pipeline:
    """Tasks whose annotations make a graph. ``name`` follows the rule for dataset names.

    Nothing runs and nothing is checked across tasks until the graph is asked for or an executor
    is given the pipeline.
    """

    def __init__(self, name: str, *, description: Optional[str] = None) -> None:
        self.place = place = place_of(caller())
        self.name = check_name(name, kind="pipeline", where=place)
        self.description = description
        self._tasks: List[Task[Any, Any]] = []
        self._positions: Dict[str, int] = {}
        self._whole: Optional[Graph] = None  # of the pipeline that this one was selected from
        self._graph: Optional[Graph] = None
        self._plan: Optional[Plan] = None

    @overload
    def task(self, function: Callable[P, R], /) -> Task[P, R]: ...

    @overload
    def task(
        self,
        function: None = None,
        /,
        *,
        name: Optional[str] = None,
        when: object = None,
        tags: Iterable[str] = (),
        retries: int = 0,
        retry_delay: Optional[Duration] = None,
        retry_on: Optional[RetryOn] = None,
        timeout: Optional[Duration] = None,
        cache: Optional[Cache] = None,
        version: Union[str, int, None] = None,
        compute: Optional[Serverless] = None,
        permissions: Iterable[Permission] = (),
        group: Optional[str] = None,
        priority: float = 0,
    ) -> Callable[[Callable[P, R]], Task[P, R]]: ...

    def task(
        self,
        function: Optional[Callable[P, R]] = None,
        /,
        *,
        name: Optional[str] = None,
        when: object = None,
        tags: Iterable[str] = (),
        retries: int = 0,
        retry_delay: Optional[Duration] = None,
        retry_on: Optional[RetryOn] = None,
        timeout: Optional[Duration] = None,
        cache: Optional[Cache] = None,
        version: Union[str, int, None] = None,
        compute: Optional[Serverless] = None,
        permissions: Iterable[Permission] = (),
        group: Optional[str] = None,
        priority: float = 0,
    ) -> Union[Task[P, R], Callable[[Callable[P, R]], Task[P, R]]]:
        """Declare a function as a task: ``@pipeline.task`` or ``@pipeline.task(name=…)``.

        ``name`` is the function's name by default; ``when`` is a boolean dataset (or an alias of
        one) without which the task is skipped; ``tags`` are words for selections and limits.

        After a failure the task is tried up to ``retries`` times more, before each after a random
        pause: of at most ``retry_delay`` the first time (1 s by default), then of at most twice as
        long as before, up to a minute. ``retry_on`` are the exception types to try again on, every
        ``Exception`` by default. ``timeout`` is how long an attempt may take. Durations are seconds
        or a ``timedelta``. Each item of a mapped task has attempts and a limit of its own.

        ``cache`` is whether an earlier result may stand for a new one, or as a ``timedelta`` for
        how long; by default the executor says. ``version`` is for what no code shows: change it to
        have the task run again. ``compute`` is the size of a machine of its own; a run on this one
        ignores it. Of the tasks that may begin, those of a higher ``priority`` do so first.

        Where the task is deployed, it may do what its annotations say; ``permissions`` adds what
        they cannot know. Tasks of one ``group`` share an identity there, and so may do what any of
        them may; without one, each has its own.

        Raises :class:`~glacier.core.errors.DefinitionError` for what cannot be read.
        """

        def declare(function: Callable[P, R], frame: Optional[FrameType] = None) -> Task[P, R]:
            _check_function(function, self.name)
            frame = frame or caller()
            task = Task(
                function,
                name=name,
                when=when,
                tags=tags,
                retries=retries,
                retry_delay=retry_delay,
                retry_on=retry_on,
                timeout=timeout,
                cache=cache,
                version=version,
                compute=compute,
                permissions=permissions,
                group=group,
                priority=priority,
                frame=frame,
            )
            self._add(task)
            return task

        return declare if function is None else declare(function, caller())

    def _add(self, task: Task[Any, Any]) -> None:
        position = self._positions.get(task.name)
        if position is not None and task.place.replaces(self._tasks[position].place):
            self._tasks[position] = task  # a notebook cell run again, or a module reloaded
        else:
            self._positions[task.name] = len(self._tasks)
            self._tasks.append(task)
        self._graph = self._plan = None

    @property
    def tasks(self) -> Mapping[str, Task[Any, Any]]:
        """The declared tasks by name."""
        return MappingProxyType({task.name: task for task in self._tasks})

    def graph(self, *, inputs: Iterable[object] = ()) -> Graph:
        """The graph that the annotations imply; ``inputs`` are datasets that a run will be fed.

        Raises the :class:`~glacier.core.errors.DefinitionError` that was found, or
        :class:`~glacier.core.errors.DefinitionErrors` for several.
        """
        from glacier.core.graph import infer
        from glacier.core.launch import selected

        named = ((dataset_in(one), one) for one in inputs)
        given = {dataset.name if dataset is not None else str(one) for dataset, one in named}
        if given and self._whole is None:
            return infer(self.name, self._tasks, given=given)
        if self._graph is None:
            whole = self._whole
            self._graph = selected(self._tasks, whole) if whole else infer(self.name, self._tasks)
        return self._graph

    def plan(self) -> Plan:
        """The plan of a whole run. Raises as :meth:`graph` does."""
        from glacier.core.plan import make_plan

        if self._plan is None:
            self._plan = make_plan(self.graph())
        return self._plan

    def select(self, selection: Selection) -> Pipeline:
        """A pipeline of some of the tasks: ``"clean+"``, ``"+report"``, ``"extract..report"``.

        Several expressions, as a list, add up. What left-out tasks produce must then be given to
        the run. Raises :class:`~glacier.core.errors.RequestError` for a selection of nothing.
        """
        return self._select(selection, self.graph())

    def _select(self, selection: Selection, graph: Graph) -> Pipeline:
        from glacier.core.select import select

        part = Pipeline(self.name, description=self.description)
        for position in select(graph, selection):
            part._add(graph.tasks[position])
        part._whole = self._whole or graph
        return part

    def render(self, form: str = "mermaid") -> str:
        """The graph as ``"mermaid"``, ``"dot"``, ``"svg"`` or ``"html"``; raises as it does."""
        from glacier.core.render import render

        return render(self.graph(), form)

    def prepare(
        self,
        *,
        params: Optional[Mapping[str, Any]] = None,
        inputs: Optional[Inputs] = None,
        select: Optional[Selection] = None,
        keep: Keep = (),
    ) -> Launch:
        """Check a run and make it ready for an executor; see ``PoolExecutor.execute``.

        Raises :class:`~glacier.core.errors.DefinitionError` and
        :class:`~glacier.core.errors.RequestError`. While Glacier loads the file that asks, the
        loading ends here (see ``loading``).
        """
        from glacier.core.launch import Declared, launch
        from glacier.core.loading import end_here

        end_here(self)
        given = inputs if isinstance(inputs, Mapping) else ()  # a wrong one is reported below
        part = self
        if select is not None:
            part = self._select(select, self.graph(inputs=given))
        graph = part.graph(inputs=given)
        return launch(
            Declared(graph, part._whole or graph),
            params=params or {},
            inputs=inputs or {},
            keep=keep,
            plan=None if inputs or keep else part.plan(),
        )

    def __repr__(self) -> str:
        return f"<Pipeline {self.name!r}: {len(self._tasks)} tasks>"

    def _repr_mimebundle_(self, **_: object) -> Dict[str, str]:
        """What a notebook shows: the graph, or everything that is wrong with it."""
        from glacier.core.render.page import problems_html

        try:
            graph = self.graph()
        except GlacierError as error:
            html = problems_html(self.name, error.problems)
            return {"text/plain": f"{self!r}\n{error}", "text/html": html}
        if len(graph.tasks) > _MOST_DRAWN:
            return {"text/plain": repr(self)}
        return {"text/plain": repr(self), "text/html": f"<div>{self.render('svg')}</div>"}


_MOST_DRAWN = 500  # tasks; a notebook keeps its pictures in its file


def _check_function(function: object, pipeline: str) -> None:
    if isinstance(function, Task) or not (callable(function) or isinstance(function, staticmethod)):
        raise InvalidAnnotation(
            where=f"pipeline {pipeline!r}",
            subject=f"@pipeline.task({function!r})",
            reason="is not a function.",
            mend="Put '@pipeline.task' above a function; options go by name: task(name='…').",
        )
