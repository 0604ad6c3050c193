"""The process of the moto stand: moto's server behind IAM, with functions that run.

It says its port, and ends when its input does: with the tests, however they end.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from moto.core.config import default_user_config
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from aws_stand.account import assume
from aws_stand.authoriser import Authoriser
from aws_stand.facts import OWNER
from aws_stand.faults import Fault, Faults
from aws_stand.functions import Functions
from aws_stand.moto_patches import patch

__all__ = ["main"]

_CONTROL = "/_stand/"  # where tests ask the stand itself, with a POST


class _Handler(MotoRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer waits for 40 ms

    def log(self, *said: Any) -> None:
        """Nothing: a test looks at what IAM was asked, and at what functions logged."""


class _Control:
    """A WSGI application: what tests ask the stand, and everything else to what is behind it."""

    def __init__(self, *, python: Path, endpoint: str, region: str) -> None:
        faults = Faults()
        self.authoriser = Authoriser(
            DomainDispatcherApplication(create_backend_app), faults=faults, kill=self._kill
        )
        self.functions = Functions(
            python=python, endpoint=endpoint, region=region, trail=self.authoriser.trail
        )
        self._faults, self._region = faults, region
        self._clear = patch(self.functions, endpoint=endpoint, region=region)
        self._verbs: Mapping[str, Callable[[Mapping[str, Any]], object]] = {
            "assume": self._assume,
            "fault": lambda told: faults.add(Fault(**told)),
            "invocations": lambda told: self.functions.invocations,
            "reset": self._reset,
            "trail": lambda told: self.authoriser.trail,
        }

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = str(environ["PATH_INFO"])
        if not path.startswith(_CONTROL):
            return self.authoriser(environ, start)
        told = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        body = json.dumps(self._verbs[path[len(_CONTROL) :]](told)).encode()
        start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    def _kill(self, key: str) -> None:
        self.functions.kill(key)

    def _assume(self, told: Mapping[str, Any]) -> object:
        return assume(region=self._region, **told)

    def _reset(self, told: Mapping[str, Any]) -> None:
        """End what runs, then forget everything."""
        stop_executions()
        self.functions.close()
        self._faults.clear()
        self._clear()
        moto_api_backend.reset()
        self.authoriser.trail.clear()


def stop_executions() -> None:
    """End the executions that go on; nothing waits for them."""
    from moto.stepfunctions.parser.models import stepfunctions_parser_backends

    for regions in list(stepfunctions_parser_backends.values()):
        for backend in list(regions.values()):
            for machine in list(backend.state_machines):
                for execution in list(machine.executions):
                    if execution.status == "RUNNING":
                        machine.stop_execution(execution.execution_arn)


def main(python: Path, region: str) -> None:
    """Serve until the input ends."""
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    default_user_config["lambda"] = {"use_docker": False}
    server: Any = make_server("127.0.0.1", 0, _late, threaded=True, request_handler=_Handler)
    server.daemon_threads = True
    os.environ.update(
        AWS_ACCESS_KEY_ID=OWNER, AWS_SECRET_ACCESS_KEY=OWNER, MOTO_PORT=str(server.server_port)
    )
    endpoint = f"http://127.0.0.1:{server.server_port}"
    control = _Control(python=python, endpoint=endpoint, region=region)
    server.app = control
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    sys.stdin.read()
    stop_executions()
    control.functions.close()
    server.shutdown()
    os._exit(0)  # threads of moto's interpreter may still wait for their next retry


def _late(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Nothing is served before the stand is ready."""
    raise RuntimeError("the stand is not ready")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
