"""A client in a process of its own, to be killed while it follows: prints what it is told.

Run as ``python killing_follower.py ROOT``. Its service is a folder: what is started is a file in
it, and so is how that ended.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, List, Mapping

from deployed_pipeline import Deployment, deploy

from glacier.core import Dataset, Pipeline
from glacier.core.following.conductor import Fault, ListedRun, Phase, Status
from glacier.core.following.deployment import DeployedPipeline, Following
from glacier.core.following.errors import NoSuchRun
from glacier.core.following.follower import Pace
from glacier.core.following.shelves import Shelves

__all__ = ["FolderConductor", "client", "deployed_shop"]


class FolderConductor:
    """A service that keeps what it is asked in files."""

    def __init__(self, root: Path) -> None:
        self.root = root / "service"
        self.root.mkdir(exist_ok=True)

    def start(self, run: str, request: Mapping[str, Any]) -> None:
        written = self.root / f"{run}.tmp"
        written.write_text(json.dumps(request))
        os.replace(written, self.root / f"{run}.started")

    def status(self, run: str) -> Status:
        if not (self.root / f"{run}.started").exists():
            raise NoSuchRun(run=run, where=str(self.root))
        ended = (self.root / f"{run}.ended").exists()
        return Status(Phase.SUCCEEDED if ended else Phase.RUNNING)

    def stop(self, run: str) -> None:
        raise AssertionError("nobody asked for that")

    def faults(self, run: str) -> Mapping[str, Fault]:
        return {}

    def log_link(self, task: str, run: str, known: Mapping[str, str]) -> str:
        return ""

    def log(self, task: str, run: str) -> Any:
        return iter(())

    def runs(self, limit: int) -> List[ListedRun]:
        found = sorted(self.root.glob("*.started"), reverse=True)[:limit]
        return [ListedRun(one.name[: -len(".started")], Phase.RUNNING, 0.0) for one in found]


def deployed_shop(root: Path) -> Deployment:
    """A pipeline of two tasks, deployed below a folder."""
    pipeline = Pipeline("shop")
    raw, total = Dataset("raw"), Dataset("total")

    @pipeline.task
    def extract() -> raw:
        return [1, 2, 3]

    @pipeline.task
    def add(rows: raw) -> total:
        return sum(rows)  # type: ignore[arg-type]

    return deploy(pipeline, root)


def client(root: Path) -> DeployedPipeline:
    """A client of it."""
    deployed = deployed_shop(root)
    program = deployed.make()
    shelves = Shelves("shop", program.graph.datasets, program.places)
    return DeployedPipeline(
        deployed.plan,
        conductor=FolderConductor(root),
        shelves=shelves,
        following=Following(Pace(0.01, 0.05)),
    )


def main(root: Path) -> None:
    here = client(root)
    launch = deployed_shop(root).make().pipeline.prepare()
    run = here.start(launch)
    print("run", run, flush=True)

    def tell(event: object) -> None:
        print(type(event).__name__, flush=True)

    here.follow(run, launch.plan, listeners=[tell])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
