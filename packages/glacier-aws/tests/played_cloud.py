"""An AWS of moto's in which pipelines are deployed, and whose executions this process plays."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

from deployed_machine import play

from glacier.aws import AWSProvider
from glacier.aws.client.session import Session
from glacier.aws.names import function_name, log_group, machine_name
from glacier.aws.runtime import open_store
from glacier.core import Environment, Pipeline
from glacier.core.protocols import (
    Bindings,
    BoundPlaces,
    Deployed,
    Manifest,
    Program,
    Surroundings,
    answer,
    manifest_key,
)
from glacier.core.registration import fingerprint_of

if TYPE_CHECKING:
    from s3_server import Server

__all__ = ["ACCOUNT", "REGION", "Cloud"]

ACCOUNT = "123456789012"
REGION = "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/machine"


class _Given(Program):
    def __init__(self, pipeline: Pipeline, env: Environment, *rest: Any, **more: Any) -> None:
        super().__init__(*rest, **more)
        self.__dict__.update(pipeline=pipeline, environment=env)


class Cloud:
    """An AWS in which pipelines are deployed, and whose executions this process plays."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.env = Environment(AWSProvider(account=ACCOUNT, region=REGION), "prod")
        self.session = Session(self.env.provider.account)  # type: ignore[attr-defined]
        self.states = self.session.client("stepfunctions")
        self.logs = self.session.client("logs")
        self.threads: list[threading.Thread] = []
        self.failures: list[BaseException] = []
        self.ending = threading.Event()

    def deploy(self, pipeline: Pipeline, *, tagged: bool = True) -> None:
        """What a deployment leaves of a pipeline, but for its functions."""
        name = machine_name(pipeline.name, "prod")
        self.workspace = f"s3://{self.server.bucket()}"
        tags = [{"key": "glacier:workspace", "value": self.workspace[5:]}] if tagged else []
        definition = json.dumps({"StartAt": "a", "States": {"a": {"Type": "Succeed"}}})
        self.arn = self.states.create_state_machine(
            name=name, definition=definition, roleArn=ROLE, tags=tags
        )["stateMachineArn"]
        groups = {
            task: log_group(function_name(pipeline.name, "prod", task)) for task in pipeline.tasks
        }
        manifest = Manifest(
            pipeline.name,
            "prod",
            fingerprint_of(self.env, pipeline),
            pipeline.plan().to_json(),
            groups,
            {"workspace": self.workspace, "stores": {}, "secrets": {}},
            name,
        )
        open_store(self.workspace).put(manifest_key(pipeline.name), manifest.to_bytes())
        self.pipeline = pipeline

    def play(self) -> None:
        """Play what is started from now on."""
        thread = threading.Thread(target=self._played, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _played(self) -> None:
        states = Session(self.env.provider.account).client(  # type: ignore[attr-defined]
            "stepfunctions"
        )
        try:
            while not self.ending.wait(0.02):
                found = states.list_executions(stateMachineArn=self.arn)["executions"]
                if found:
                    arn = found[0]["executionArn"]
                    request = json.loads(states.describe_execution(executionArn=arn)["input"])
                    play(self.pipeline.plan(), self.invoke, request)
                    return
        except BaseException as error:
            self.failures.append(error)

    def invoke(self, payload: dict[str, Any]) -> dict[str, Any]:
        places = BoundPlaces(Bindings(self.workspace), open_store)
        deployed = Deployed(self.pipeline.name, "prod", "flow.py")
        program = _Given(self.pipeline, self.env, deployed, places, root=".")
        return answer(program, payload, Surroundings(lambda name: None, lambda text: None))

    def log(self, group: str, lines: list[str]) -> None:
        self.logs.create_log_group(logGroupName=group)
        self.logs.create_log_stream(logGroupName=group, logStreamName="s")
        now = int(time.time() * 1000)
        events = [{"timestamp": now + n, "message": line} for n, line in enumerate(lines)]
        self.logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
