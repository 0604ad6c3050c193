"""Files with pipelines, deployed on a stand by their own programs, with real bundles."""

from __future__ import annotations

import base64
import importlib.metadata
import platform
import sys
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, Optional

from aws_stand.bare import needed
from aws_stand.facts import ACCOUNT, REGION
from aws_stand.stand import Execution, Stand

from glacier.aws.runtime import open_store
from glacier.core import Schedule
from glacier.core.components import load_modules
from glacier.core.deploy.program import of_file
from glacier.core.protocols import Manifest, Store
from glacier.core.registration import Wish
from glacier.core.remote.client import Reports
from glacier.core.remote.deployed import read_manifest
from glacier.core.run_ids import new_run_id
from glacier.core.storage.places import own_shelf
from glacier.core.storage.shelf import WritableShelf
from glacier.core.synth.execution import execute

__all__ = ["OPTIONS", "PROVIDER", "Deployed", "Ran", "deploy", "wheels"]

_MODULES = ("cloudwatch", "iam", "lambda_", "s3", "scheduler", "secretsmanager", "sfn")

# Functions run here: on this machine, in a Python of this version.
OPTIONS = {
    "architecture": {"aarch64": "arm64"}.get(platform.machine(), platform.machine()),
    "python": f"3.{min(sys.version_info[1], 13)}",
}
PROVIDER = f"AWSProvider(account={ACCOUNT!r}, region={REGION!r})"


class Ran(NamedTuple):
    """A run of a deployed pipeline that has ended."""

    id: str
    execution: Execution
    reports: Reports

    @property
    def states(self) -> Mapping[str, str]:
        """How its tasks ended."""
        end = self.reports.end()
        return {} if end is None else end.tasks

    def why(self, task: str, attempt: int = 1) -> str:
        """What an attempt at a task failed with."""
        found = self.reports.failure(task, attempt)
        return "" if found is None else found.trace


class Deployed(NamedTuple):
    """A pipeline on a stand; ``folder`` has its file, ``outputs`` is what its program exports."""

    stand: Stand
    folder: Path
    pipeline: str
    outputs: Mapping[str, Any]
    remarks: list[str]

    @property
    def machine(self) -> str:
        """The ARN of the state machine that a run starts with."""
        return str(self.outputs["pipeline/machine"])

    @property
    def workspace(self) -> Store:
        """The workspace, as its owner sees it."""
        return open_store(str(self.outputs["pipeline/workspace"]))

    def manifest(self) -> Manifest:
        """What the workspace says of what is deployed."""
        return read_manifest(self.workspace, self.pipeline)

    def shelf(self, dataset: str) -> WritableShelf:
        """Where a dataset is, as its owner sees it."""
        bindings = self.manifest().bindings
        found = [at for at, names in bindings["stores"].items() if dataset in names]
        store = open_store(found[0] if found else bindings["workspace"])
        return own_shelf(dataset, pipeline=self.pipeline, store=store, form=None, private=False)

    def start(self, **request: Any) -> tuple[str, str]:
        """Start a run; its id and the ARN of its execution."""
        run = request.setdefault("run", new_run_id())
        return run, self.stand.start(self.machine, request, name=run)

    def run(self, *, seconds: float = 60.0, **request: Any) -> Ran:
        """Run it to its end."""
        run, execution = self.start(**request)
        ended = self.stand.wait(execution, seconds=seconds)
        return Ran(run, ended, Reports(self.workspace, run))


def deploy(
    stand: Stand,
    file: Path,
    *,
    options: Mapping[str, Any] = OPTIONS,
    schedule: Optional[Schedule] = None,
) -> Deployed:
    """Deploy the pipeline of a file in its environment, as ``glacier deploy`` would."""
    load_modules(*[f"pulumi_aws.{name}" for name in _MODULES])  # they warn of their own parts
    before = set(sys.modules)
    seen = execute(str(file))
    assert seen.session.objections == []
    assert seen.environment is not None
    remarks: list[str] = []
    name, home = seen.pipeline.name, seen.environment
    wish = Wish(schedule, options)
    register = of_file(str(file), name, home, before, wish=wish, remarks=remarks)
    outputs = stand.deploy(lambda: register(False), project=name, stack=home.name)
    return Deployed(stand, file.parent, name, outputs, remarks)


def wheels(folder: Path, *names: str) -> Path:
    """Put wheels of what is installed here into a folder, so that no index is asked for them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in needed(*names):
        _wheel(importlib.metadata.distribution(name), folder)
    return folder


def _wheel(one: importlib.metadata.Distribution, folder: Path) -> None:
    told = one.read_text("WHEEL") or ""
    tags = [line.partition(":")[2].strip() for line in told.splitlines() if line.startswith("Tag:")]
    stem = f"{one.metadata['Name'].replace('-', '_')}-{one.version}"
    lines: list[str] = []
    with zipfile.ZipFile(folder / f"{stem}-{tags[0]}.whl", "w") as archive:
        for file in one.files or ():
            path = Path(str(file.locate()))
            if ".." in file.parts or "__pycache__" in file.parts or file.name == "RECORD":
                continue
            data = path.read_bytes()
            digest = base64.urlsafe_b64encode(sha256(data).digest()).rstrip(b"=").decode()
            lines.append(f"{file},sha256={digest},{len(data)}\n")
            archive.writestr(str(file), data)
        record = f"{stem}.dist-info/RECORD"
        archive.writestr(record, "".join([*lines, f"{record},,\n"]))
