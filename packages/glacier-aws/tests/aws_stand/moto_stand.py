"""The stand on moto: functions are processes of Lambda's own client, and IAM is enforced.

It does not model signatures, policies of KMS keys, networks, architectures, a read-only file system
and the size of /tmp, throttling and quotas, rights that take a while to hold, and the updates and
removals that Pulumi's engine would make.
"""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

from aws_stand.bare import bare_python
from aws_stand.facts import ACCOUNT, REGION, Decision, Invocation, Keys
from aws_stand.faults import Fault
from aws_stand.loopback import Loopback
from aws_stand.process import Process
from aws_stand.stand import Stand

__all__ = ["MotoStand"]

_TESTS = Path(__file__).resolve().parent.parent


class MotoStand(Loopback):
    """moto in a process of its own; ``folder`` has its log and the Python of functions.

    Beside what every stand has, it tells what IAM was asked, and lets faults happen.
    """

    name = "moto"

    def __init__(self, folder: Path) -> None:
        python = bare_python(folder / "lambda", "boto3")
        self._process = Process(
            "aws_stand.moto_server",
            str(python),
            REGION,
            log=folder / "moto.log",
            path=[_TESTS],
        )
        super().__init__(f"http://127.0.0.1:{self._process.line()}", taken=self._take)

    @property
    def trail(self) -> list[Decision]:
        """What roles have asked of AWS since the last reset, in order, and what IAM said."""
        return [Decision(*one) for one in self._ask("trail")]

    @property
    def invocations(self) -> list[Invocation]:
        """What functions were invoked since the last reset, as they ended."""
        return [Invocation(*one) for one in self._ask("invocations")]

    def fire(self, schedule: str, *, group: str = "default") -> str:
        """Do what EventBridge does when a schedule is due; the ARN of the execution that began.

        moto keeps schedules, and never fires them.
        """
        kept = self.client("scheduler").get_schedule(Name=schedule, GroupName=group)
        target = kept["Target"]
        source = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/{group}"
        keys = self._take(target["RoleArn"], service="scheduler.amazonaws.com", source=source)
        begun = self._make("stepfunctions", keys).start_execution(
            stateMachineArn=target["Arn"], input=target.get("Input", "{}")
        )
        return str(begun["executionArn"])

    def fault(self, fault: Fault) -> None:
        """Let something go wrong from now on."""
        self._ask("fault", **fault._asdict())

    def reset(self) -> None:
        self._ask("reset")

    def close(self) -> None:
        self._process.close()

    def _take(self, role: str, *, service: str = "", source: str = "") -> Keys:
        told = {"role": role, "name": "stand", "service": service, "source": source}
        return Keys(*self._ask("assume", **told))

    def _ask(self, verb: str, **told: Any) -> Any:
        request = urllib.request.Request(
            f"{self.endpoint}/_stand/{verb}", data=json.dumps(told).encode(), method="POST"
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)


_: type[Stand] = MotoStand
