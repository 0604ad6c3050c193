"""What both stands do through AWS's own API, whoever answers it."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import boto3
from botocore.config import Config

from aws_stand.deployment import deployed
from aws_stand.facts import ACCOUNT, OWNER, REGION, Keys
from aws_stand.stand import Answer, Execution

__all__ = ["Loopback"]

_LOOK = 0.02


class Loopback:
    """Clients of an endpoint; ``taken`` gives the credentials of a role."""

    def __init__(self, endpoint: str, *, taken: Callable[[str], Keys]) -> None:
        self.endpoint, self.region, self.account = endpoint, REGION, ACCOUNT
        self._taken = taken
        self._clients: dict[str, Any] = {}

    @property
    def environ(self) -> Mapping[str, str]:
        return {
            "AWS_ACCESS_KEY_ID": OWNER,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_METADATA_ENDPOINT": "http://127.0.0.1:1",
            "AWS_REGION": self.region,
            "AWS_SECRET_ACCESS_KEY": OWNER,
        }

    def as_role(self, role: str) -> Mapping[str, str]:
        keys = self._taken(role)
        return {
            **self.environ,
            "AWS_ACCESS_KEY_ID": keys.key,
            "AWS_SECRET_ACCESS_KEY": keys.secret,
            "AWS_SESSION_TOKEN": keys.token or "",
        }

    def client(self, service: str, *, role: str = "") -> Any:
        if role:
            return self._make(service, self._taken(role))
        if service not in self._clients:
            self._clients[service] = self._make(service, Keys(OWNER, OWNER, None))
        return self._clients[service]

    def _make(self, service: str, keys: Keys) -> Any:
        config = Config(
            retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, read_timeout=900
        )
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=keys.key,
            aws_secret_access_key=keys.secret,
            aws_session_token=keys.token,
            config=config,
        )

    def deploy(
        self, program: Callable[[], None], *, project: str = "stand", stack: str = "test"
    ) -> Mapping[str, Any]:
        return deployed(program, self.client, region=self.region, project=project, stack=stack)

    def invoke(self, function: str, payload: Any = None, *, role: str = "") -> Answer:
        answer = self.client("lambda", role=role).invoke(
            FunctionName=function,
            Payload=json.dumps({} if payload is None else payload).encode(),
            LogType="Tail",
        )
        found = json.loads(answer["Payload"].read() or b"null")
        failed = bool(answer.get("FunctionError"))
        error = str(found.get("errorType", "")) if failed else ""
        return Answer(found, error, base64.b64decode(answer.get("LogResult", "")).decode())

    def start(self, machine: str, given: Any = None, *, name: str = "") -> str:
        more = {"name": name} if name else {}
        text = json.dumps({} if given is None else given)
        begun = self.client("stepfunctions").start_execution(
            stateMachineArn=machine, input=text, **more
        )
        return str(begun["executionArn"])

    def wait(self, execution: str, *, seconds: float = 60.0) -> Execution:
        end = time.monotonic() + seconds
        while True:
            found = self.client("stepfunctions").describe_execution(executionArn=execution)
            if found["status"] != "RUNNING":
                output = json.loads(found["output"]) if found.get("output") else None
                error, cause = found.get("error") or "", found.get("cause") or ""
                return Execution(execution, found["status"], output, error, cause)
            if time.monotonic() > end:
                raise TimeoutError(f"{execution} is still running after {seconds:g} seconds")
            time.sleep(_LOOK)

    def run(self, machine: str, given: Any = None, *, seconds: float = 60.0) -> Execution:
        return self.wait(self.start(machine, given), seconds=seconds)
