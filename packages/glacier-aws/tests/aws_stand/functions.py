"""The functions of the account, run in sandboxes that stay warm, with their logs."""

from __future__ import annotations

import io
import json
import shutil
import tempfile
import threading
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from moto.awslambda.exceptions import LambdaClientError
from moto.logs.models import logs_backends

from aws_stand.account import NotTrusted, allowed, assume, session
from aws_stand.facts import ACCOUNT, Decision, Invocation, Keys
from aws_stand.policies import Asked
from aws_stand.sandbox import Limits, Result, Sandbox

__all__ = ["Functions"]

_AT_ONCE = 8  # sandboxes that serve at the same time; more events wait


class _Warm:
    """One version of a function: its code, unpacked, and the sandboxes that wait for events."""

    def __init__(self, code: bytes) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="function-"))
        self.idle: list[Sandbox] = []
        with zipfile.ZipFile(io.BytesIO(code)) as archive:
            archive.extractall(self.root)

    def close(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)


class Functions:
    """Invokes what moto keeps; ``python`` is the interpreter that has awslambdaric alone."""

    def __init__(self, *, python: Path, endpoint: str, region: str, trail: list[Decision]) -> None:
        self.invocations: list[Invocation] = []
        self._python, self._endpoint, self._region = python, endpoint, region
        self._trail = trail
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(_AT_ONCE)
        self._warm: dict[tuple[str, ...], _Warm] = {}
        self._running: dict[str, Sandbox] = {}

    def invoke(self, function: Any, payload: bytes) -> Result:
        """Run a function of moto's on an event."""
        begun = time.perf_counter()
        with self._slots:
            warm = self._of(function)
            with self._lock:
                box = warm.idle.pop() if warm.idle else None
            cold = box is None
            box = box or self._start(function, warm)
            with self._lock:
                self._running[box.key] = box
            result = box.invoke(payload)
            self._put_back(warm, box)
        name, seconds = str(function.function_name), time.perf_counter() - begun
        self.invocations.append(Invocation(name, cold, seconds, result.error))
        self._note(function, box.key, result)
        return result

    def kill(self, key: str) -> None:
        """End the process that has an access key, in the midst of what it does."""
        with self._lock:
            box = self._running.get(key)
        if box is not None:
            box.kill()

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            warm, running = list(self._warm.values()), list(self._running.values())
            self._warm.clear()
        for box in running:
            box.kill()
        for one in warm:
            with self._lock:
                idle, one.idle = one.idle, []
            for box in idle:
                box.close()
            one.close()
        self.invocations.clear()

    def _of(self, function: Any) -> _Warm:
        variables = json.dumps(function.environment_vars, sort_keys=True)
        about = (function.handler, function.memory_size, function.timeout, function.role)
        version = (function.function_arn, function.code_digest, variables, *map(str, about))
        with self._lock:
            if version not in self._warm:
                self._warm[version] = _Warm(function.code_bytes)
            return self._warm[version]

    def _start(self, function: Any, warm: _Warm) -> Sandbox:
        name = function.function_name
        try:
            made = assume(
                function.role, region=self._region, name=name, service="lambda.amazonaws.com"
            )
        except NotTrusted as wrong:
            raise LambdaClientError("InvalidParameterValueException", str(wrong)) from wrong
        return Sandbox(
            arn=function.function_arn,
            handler=function.handler,
            root=warm.root,
            python=self._python,
            environ=self._environ(function, made, warm.root),
            limits=Limits(int(function.memory_size), float(function.timeout)),
        )

    def _environ(self, function: Any, made: Keys, root: Path) -> Mapping[str, str]:
        name = str(function.function_name)
        return {
            **{str(key): str(value) for key, value in function.environment_vars.items()},
            "AWS_ACCESS_KEY_ID": made.key,
            "AWS_DEFAULT_REGION": self._region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self._endpoint,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": _log_group(function),
            "AWS_LAMBDA_LOG_STREAM_NAME": made.key,
            "AWS_REGION": self._region,
            "AWS_SECRET_ACCESS_KEY": made.secret,
            "AWS_SESSION_TOKEN": made.token or "",
            "LAMBDA_TASK_ROOT": str(root),
            "LANG": "en_US.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(root),
            "TZ": ":UTC",
            "_HANDLER": function.handler,
        }

    def _put_back(self, warm: _Warm, box: Sandbox) -> None:
        with self._lock:
            del self._running[box.key]
            kept = box.alive and warm in self._warm.values()
            if kept:
                warm.idle.append(box)
        if not kept:
            box.close()

    def _note(self, function: Any, key: str, result: Result) -> None:
        """Write the log of an invocation, as far as the function's role may."""
        group, who = _log_group(function), session(key)
        where = f"arn:aws:logs:{self._region}:{ACCOUNT}:log-group:{group}:log-stream:{key}"
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            may = who is not None and allowed(who, Asked(action, where))
            if who is not None:
                self._trail.append(Decision(who.who.arn, action, where, may))
            if not may:
                return
        lines = [f"START RequestId: {result.id} Version: $LATEST", *result.log.splitlines()]
        lines += [f"END RequestId: {result.id}", f"REPORT RequestId: {result.id}"]
        now = int(time.time() * 1000)
        with self._lock:
            logs = logs_backends[ACCOUNT][self._region]
            if group not in logs.groups:
                return
            if key not in logs.groups[group].streams:
                logs.create_log_stream(group, key)
            events = [{"timestamp": now, "message": line} for line in lines if line]
            logs.put_log_events(group, key, events)


def _log_group(function: Any) -> str:
    settings = getattr(function, "logging_config", None) or {}
    return str(settings.get("LogGroup") or f"/aws/lambda/{function.function_name}")
