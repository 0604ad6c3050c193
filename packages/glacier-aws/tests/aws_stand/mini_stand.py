"""The stand on MiniStack, which somebody else wrote: what holds on both may be believed.

What it cannot do is in aws_stand/gaps.py, and nowhere else.
"""

from __future__ import annotations

import socket
import time
import urllib.request
from pathlib import Path

from aws_stand.facts import ACCOUNT, OWNER, REGION, Keys
from aws_stand.loopback import Loopback
from aws_stand.process import Process
from aws_stand.stand import Stand

__all__ = ["MiniStand"]

_PATIENCE = 60.0
_TESTS = Path(__file__).resolve().parent.parent
_LOOK = 0.02


class MiniStand(Loopback):
    """MiniStack in a process of its own; ``folder`` has its log and its files."""

    name = "ministack"

    def __init__(self, folder: Path) -> None:
        port = _free_port()
        settings = {
            "AUTH": "true",
            "AWS_ACCESS_KEY_ID": OWNER,
            "AWS_SECRET_ACCESS_KEY": OWNER,
            "BIND_HOST": "127.0.0.1",  # or it is open to the whole network
            "DOCKER_HOST": "unix:///nonexistent",
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "LAMBDA_EXECUTOR": "local",
            "LOG_LEVEL": "WARNING",
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_REGION": REGION,
            "SFTP_ENABLED": "0",
        }
        self._process = Process(
            "aws_stand.mini_server",
            log=folder / "ministack.log",
            environ=settings,
            path=[_TESTS],
        )
        super().__init__(f"http://127.0.0.1:{port}", taken=self._take)
        self._await()

    def reset(self) -> None:
        self._ask("/_ministack/reset", method="POST")

    def close(self) -> None:
        self._process.close()

    def _await(self) -> None:
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                self._ask("/_ministack/health")
                return
            except OSError as error:
                if not self._process.alive or time.monotonic() > end:
                    self.close()
                    said = self._process.log.read_text()[-2000:]
                    raise RuntimeError(f"MiniStack does not start: {said}") from error
            time.sleep(_LOOK)

    def _ask(self, path: str, *, method: str = "GET") -> None:
        request = urllib.request.Request(self.endpoint + path, method=method)
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
            answer.read()

    def _take(self, role: str) -> Keys:
        made = self.client("sts").assume_role(RoleArn=role, RoleSessionName="stand")
        found = made["Credentials"]
        return Keys(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])


_: type[Stand] = MiniStand


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
