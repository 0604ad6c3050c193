"""A pipeline as it is deployed, in this process or in one for each call, and a client of it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple, Union

from deployed_machine import Ended, play

from glacier.core import Pipeline
from glacier.core.contracts import Store
from glacier.core.remote.answers import Surroundings, answer
from glacier.core.remote.bindings import Bindings, BoundPlaces
from glacier.core.remote.client import Reports
from glacier.core.remote.deployed import DESCRIPTOR, Deployed
from glacier.core.remote.failures import Failure, error_of
from glacier.core.remote.program import Program
from glacier.core.remote.records import TaskEnd
from glacier.core.stores.addresses import open_store

__all__ = ["Deployment", "deploy"]


class _Given(Program):
    """A program whose pipeline is that of the test, so that no file is needed."""

    def __init__(self, pipeline: Pipeline, *rest: Any, **more: Any) -> None:
        super().__init__(*rest, **more)
        self.__dict__["pipeline"] = pipeline


class Deployment:
    """A deployed pipeline: ``invoke`` calls its functions, each with a program of its own, as if
    in another process."""

    def __init__(self, make: Callable[[], Program], secrets: Mapping[str, str]) -> None:
        self.make = make
        self.secrets = secrets
        self.lines: List[str] = []
        self.left: Optional[float] = None
        self.plan = make().plan

    @property
    def store(self) -> Store:
        """The workspace."""
        return self.make().places.workspace()

    def invoke(self, payload: Dict[str, Any]) -> Dict[str, Any]:
        around = Surroundings(
            self.secrets.get, self.lines.append, {"group": "/aws/lambda/x"}, self.left
        )
        return answer(self.make(), payload, around)

    def run(self, **request: Any) -> Ended:
        """Run it; the name of the execution is new each time."""
        count = len(getattr(self, "_runs", []))
        self._runs = [*getattr(self, "_runs", []), count]
        started = f"2026-01-31T12:00:{count:02}.000Z"
        return play(self.plan, self.invoke, request, execution=(f"e{count}", started))

    # --- what a client sees -----------------------------------------------------------------------

    def value(self, ended: Ended, dataset: str) -> Any:
        """The value of a dataset that a run has made."""
        return self.make().made(dataset).read(ended.run)

    def end(self, ended: Ended, task: str) -> TaskEnd:
        """The record of how a task ended."""
        found = Reports(self.store, ended.run).task(task)
        assert found is not None
        return found

    def failure(self, ended: Ended, task: str) -> Failure:
        """The record of the last attempt at a task, or at the first of its items that failed."""
        reports = Reports(self.store, ended.run)
        for one in reversed([one for one in ended.sent if one.get("task") == task]):
            found = reports.failure(task, one["retries"] + 1, one.get("item"))
            if found is not None:
                return found
        raise AssertionError(f"no failure of {task!r} is noted")

    def error(self, ended: Ended, task: str) -> BaseException:
        """The error of a task that failed."""
        return error_of(self.failure(ended, task))

    def logged(self) -> List[Dict[str, Any]]:
        """What was logged, line by line."""
        return [json.loads(line) for line in "".join(self.lines).splitlines()]


def deploy(
    what: Union[Pipeline, str],
    root: Path,
    *,
    cache: bool = False,
    workspace: Optional[str] = None,
    stores: Optional[Mapping[str, Tuple[str, ...]]] = None,
    secrets: Optional[Mapping[str, str]] = None,
    environment: str = "",
    target: str = "flow.py",
    opener: Callable[[str], Store] = open_store,
    most_items: Optional[int] = None,
) -> Deployment:
    """Deploy a pipeline, or the text of a file, with its workspace in a folder below ``root``."""
    bindings = Bindings(workspace or (root / "workspace").absolute().as_uri(), stores or {})
    if isinstance(what, Pipeline):
        deployed = Deployed(what.name, environment, target, cache=cache)
        pipeline = what

        def given() -> Program:
            places = BoundPlaces(bindings, opener)
            return _Given(pipeline, deployed, places, root=str(root), most_items=most_items)

        return Deployment(given, secrets or {})
    (root / "flow.py").write_text(what)
    deployed = Deployed("etl", environment, target, cache=cache)
    (root / DESCRIPTOR).write_text(json.dumps(deployed.to_json()))

    def loaded() -> Program:
        sys.modules.pop("flow", None)
        while str(root) in sys.path:
            sys.path.remove(str(root))
        return Program(deployed, BoundPlaces(bindings, opener), root=os.fspath(root))

    return Deployment(loaded, secrets or {})
