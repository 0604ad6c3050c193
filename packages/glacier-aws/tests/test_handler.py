"""The entry point of deployed functions: calls in processes of their own, over buckets of moto."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from deployed_machine import Ended, play

from glacier.aws.runtime import open_store
from glacier.aws.runtime.handler import handle
from glacier.core.plan import Plan
from glacier.core.protocols import Bindings, bindings_key
from glacier.core.remote.deployed import Deployed
from glacier.core.remote.program import Program

if TYPE_CHECKING:
    from s3_server import Server

FLOW = """
from __future__ import annotations

from pathlib import Path
from typing import Annotated, Iterator

import pulumi_aws as aws  # is not in a bundle

from glacier.core import Context, Dataset, Pipeline, Secret, Skip

pipeline = Pipeline("etl")
raw, clean, total, enough, report, lost = map(
    Dataset, ["raw", "clean", "total", "enough", "report", "lost"]
)
KEY = Secret("crm-key")


@pipeline.task
def extract(n: int, context: Context) -> raw:
    path = context.new_path(".csv")
    path.write_text("".join(f"{one}\\n" for one in range(n)))
    return path


@pipeline.task
def tidy(file: Annotated[Path, raw]) -> clean:
    yield from (int(line) for line in file.read_text().split())


@pipeline.task
def add(rows: Annotated[Iterator[int], clean]) -> total:
    return sum(rows)


@pipeline.task
def decide(found: total) -> enough:
    return found > 2


@pipeline.task(when=enough)
def tell(found: total, key: KEY, context: Context) -> report:
    context.logger.warning("asking with %s", key)
    print("told", key)
    return f"{found} told"


@pipeline.task(retries=1, retry_delay=0)
def lose(found: total, key: KEY) -> lost:
    raise ConnectionError(f"https://api/?key={key}", found)


if __name__ == "__main__":
    raise SystemExit("not here")
""".replace("pipeline.run_here = 1 if False else None\n", "")

VALUE = 'pl4nted/"value"'
KEYS = {"AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "h1dden"}
CALL = """if True:
    import json, sys
    from glacier.aws.runtime.handler import handle
    try:
        print("\\n" + json.dumps(handle(json.load(sys.stdin), None)))
    except Exception as error:
        print("\\n" + json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)}))
"""


class Functions:
    """The functions of a pipeline whose bundle is in a folder; each has bindings of its own."""

    def __init__(self, root: Path, workspace: str, environ: dict[str, str]) -> None:
        self.root = root
        self.workspace = workspace
        self.environ = {**environ, "LAMBDA_TASK_ROOT": str(root)}
        self.output: list[str] = []

    def bindings(self, task: str) -> str:
        """What the variable says; of the function that begins and finishes runs, an object does."""
        if not task:
            store = open_store(self.workspace)
            key = bindings_key("etl")
            store.put(key, Bindings(self.workspace).to_text().encode())
            return json.dumps({"workspace": self.workspace, "object": key})
        secrets = {}
        if task in ("tell", "lose"):
            secrets = {"crm-key": self.environ["SECRET_ARN"]}
        return json.dumps({"workspace": self.workspace, "secrets": secrets})

    def in_process(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Call a function in a new process."""
        environ = {**self.environ, "GLACIER_BINDINGS": self.bindings(payload.get("task", ""))}
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", CALL],
            input=json.dumps(payload).encode(),
            stdout=subprocess.PIPE,
            check=True,
            env={**os.environ, **environ},
        )
        lines = done.stdout.decode().splitlines()
        self.output += lines
        found: dict[str, Any] = json.loads(lines[-1])
        if "errorType" in found:
            raise type(found["errorType"], (Exception,), {})(found["errorMessage"])
        return found

    def stored(self) -> Iterator[bytes]:
        """All that lies in the workspace."""
        store = open_store(self.workspace)
        for entry in store.list():
            yield entry.key.encode()
            yield store.get(entry.key)


@pytest.fixture
def deployed(
    s3: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Functions]:
    """Puts a bundle into a folder, and a secret into Secrets Manager."""
    environ = {**KEYS, "AWS_ENDPOINT_URL": s3.endpoint, "AWS_REGION": "us-east-1"}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    def make(flow: str = FLOW) -> Functions:
        (tmp_path / "flow.py").write_text(flow)
        described = Deployed("etl", "", "flow.py:pipeline").to_json()
        (tmp_path / "glacier-deployed.json").write_text(json.dumps(described))
        boto3 = pytest.importorskip("boto3")
        bucket = s3.bucket()
        client = boto3.client("secretsmanager", region_name="us-east-1")
        arn = client.create_secret(Name=bucket, SecretString=VALUE)["ARN"]
        more = {**environ, "SECRET_ARN": arn}
        return Functions(tmp_path, f"s3://{bucket}/etl", more)

    return make


def plan_of(deployed: Functions) -> Plan:
    from glacier.core.protocols import Bindings, BoundPlaces, open_store, read_deployed

    # Here the file is only read for its graph, and what it imports besides is not needed for that.
    places = BoundPlaces(Bindings(deployed.workspace), open_store)
    flow = deployed.root / "flow.py"
    text = flow.read_text()
    flow.write_text(text.replace("import pulumi_aws", "# "))
    root = str(deployed.root)
    try:
        return Program(read_deployed(root), places, root=root).plan
    finally:
        flow.write_text(text)
        sys.path.remove(root)
        sys.modules.pop("flow", None)


def run(deployed: Functions, **request: Any) -> Ended:
    return play(plan_of(deployed), deployed.in_process, request)


def test_a_pipeline_runs_in_functions_of_its_own_and_keeps_its_secrets(
    deployed: Callable[..., Functions],
) -> None:
    pytest.importorskip("obstore")
    one = deployed()

    ended = run(one, params={"n": "4"})

    assert ended.states == {
        "extract": "succeeded", "tidy": "succeeded", "add": "succeeded", "decide": "succeeded",
        "tell": "succeeded", "lose": "failed",
    }  # fmt: skip
    assert ended.state == "failed"
    assert [sent.get("retries") for sent in ended.sent if sent.get("task") == "lose"] == [0, 1]
    stored = list(one.stored())
    assert b"6 told" in stored
    keys = [key.decode() for key in stored if key.startswith(b"_runs/")]
    assert f"_runs/{ended.run}/tasks/lose/2.json" in keys
    everything = b"\n".join(stored) + "\n".join(one.output).encode()
    for form in (VALUE, json.dumps(VALUE)[1:-1], "pl4nted"):
        assert form.encode() not in everything
    lines = [json.loads(line) for line in one.output if line.startswith('{"time"')]
    asking = [line for line in lines if line["message"] == "asking with ***"]
    assert [(line["task"], line["run"], line["level"]) for line in asking] == [
        ("tell", ended.run, "WARNING")
    ]
    assert "told ***" in one.output


def test_a_process_that_stays_answers_call_after_call(
    deployed: Callable[..., Functions],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("obstore")
    one = deployed()
    plan = plan_of(one)
    monkeypatch.setenv("LAMBDA_TASK_ROOT", str(one.root))
    monkeypatch.setenv("GLACIER_BINDINGS", one.bindings("tell"))
    monkeypatch.syspath_prepend(str(one.root))
    monkeypatch.setattr(sys, "meta_path", sys.meta_path[:])
    before = set(sys.modules)

    def call(payload: dict[str, Any]) -> dict[str, Any]:
        return handle(payload, None)

    ended = play(plan, call, {"params": {"n": "3"}})

    for name in set(sys.modules) - before:
        if name == "flow" or name.startswith("pulumi"):
            del sys.modules[name]
    assert ended.states["tell"] == "succeeded"
    assert "pl4nted" not in capsys.readouterr().out
