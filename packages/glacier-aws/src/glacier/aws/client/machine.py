"""The state machine of a deployed pipeline: it conducts runs, each an execution of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from glacier.aws.client import cloudwatch
from glacier.aws.client.history import faults_of
from glacier.aws.client.session import Refused, Session, asking
from glacier.aws.names import begin_name, log_group, machine_arn, machine_name
from glacier.core.protocols import (
    Fault,
    ListedRun,
    Manifest,
    NoSuchRun,
    NotDeployed,
    Phase,
    Status,
    run_of,
)

if TYPE_CHECKING:
    from datetime import datetime

    from glacier.core.protocols import Conductor

__all__ = ["StateMachine", "workspace_of"]

WORKSPACE_TAG = "glacier:workspace"
"""The tag of a state machine that names the bucket of its workspace."""

_PHASES = {
    "SUCCEEDED": Phase.SUCCEEDED,
    "FAILED": Phase.FAILED,
    "TIMED_OUT": Phase.FAILED,
    "ABORTED": Phase.ABORTED,
}
_MISSING = "ExecutionDoesNotExist"
_PAGE = 1000  # executions in one answer
_SEARCHED = 10_000  # executions among which a run is looked for that AWS has named


class StateMachine:
    """Conducts the runs of one pipeline.

    An execution has the id of its run for its name; one that a schedule has started has a name that
    AWS gave it, and the id follows from that.
    """

    def __init__(self, session: Session, manifest: Manifest) -> None:
        self.session = session
        self.manifest = manifest
        self.arn = machine_arn(
            manifest.machine or machine_name(manifest.pipeline, manifest.environment),
            session.account,
        )
        self._named: dict[str, str] = {}  # the executions of runs that AWS has named

    @property
    def _client(self) -> Any:
        return self.session.client("stepfunctions")

    def start(self, run: str, request: Mapping[str, Any]) -> None:
        """Start a run of that id; one that has been started with the same request stays one."""
        text = json.dumps(request, sort_keys=True)
        try:
            with asking(f"the start of run {run}"):
                self._client.start_execution(stateMachineArn=self.arn, name=run, input=text)
        except Refused as error:
            if error.code != "ExecutionAlreadyExists":
                raise
            if json.loads(self._described(run)["input"]) != json.loads(text):
                raise

    def status(self, run: str) -> Status:
        """Where a run stands. Raises :class:`~glacier.core.following.errors.NoSuchRun`."""
        found = self._described(run)
        phase = _PHASES.get(found["status"], Phase.RUNNING)
        reason = ""
        if phase not in (Phase.RUNNING, Phase.SUCCEEDED):
            told = (found.get("error"), found.get("cause"))
            reason = ": ".join(str(one) for one in told if one)
            if found["status"] == "TIMED_OUT":
                reason = reason or "the execution took too long"
        return Status(phase, reason)

    def stop(self, run: str) -> None:
        """End a run."""
        arn = self._described(run)["executionArn"]
        with asking(f"the end of run {run}"):
            self._client.stop_execution(
                executionArn=arn, error="Glacier.Stopped", cause="a client has stopped it"
            )

    def faults(self, run: str) -> Mapping[str, Fault]:
        """The tasks of a run that died, by name."""
        return faults_of(self._client, self._described(run)["executionArn"])

    def log(self, task: str, run: str) -> Iterator[str]:
        """The lines of the log of a task that are about a run."""
        started = self._described(run)["startDate"].timestamp()
        client = self.session.client("logs")
        return cloudwatch.lines(client, self._group(task), run, since=started)

    def log_link(self, task: str, run: str, known: Mapping[str, str]) -> str:
        """Where a person reads the log of a task."""
        group = known.get("group") or self._group(task)
        return cloudwatch.link(self.session.account, group, run, stream=known.get("stream"))

    def runs(self, limit: int) -> Sequence[ListedRun]:
        """The latest runs, the newest first, those of schedules too."""
        found: list[ListedRun] = []
        for one in self._executions():
            run = self._run_of(one)
            phase = _PHASES.get(one["status"], Phase.RUNNING)
            ended = one["stopDate"].timestamp() if "stopDate" in one else None
            found.append(ListedRun(run, phase, one["startDate"].timestamp(), ended))
            if limit and len(found) >= limit:
                break
        return found

    # --- executions -------------------------------------------------------------------------------

    def _described(self, run: str) -> Mapping[str, Any]:
        arn = self._named.get(run) or f"{self.arn.replace(':stateMachine:', ':execution:')}:{run}"
        try:
            with asking(f"run {run}"):
                found: Mapping[str, Any] = self._client.describe_execution(executionArn=arn)
                return found
        except Refused as error:
            if error.code != _MISSING:
                raise
        for number, one in enumerate(self._executions()):
            if self._run_of(one) == run:
                self._named[run] = one["executionArn"]
                return self._described(run)
            if number >= _SEARCHED:
                break
        raise NoSuchRun(run=run, where=self.arn)

    def _executions(self) -> Iterator[Mapping[str, Any]]:
        """The executions, the newest first."""
        token: dict[str, str] = {}
        while True:
            with asking("the list of runs"):
                page = self._client.list_executions(
                    stateMachineArn=self.arn, maxResults=_PAGE, **token
                )
            yield from page["executions"]
            if not page.get("nextToken"):
                return
            token = {"nextToken": page["nextToken"]}

    def _run_of(self, execution: Mapping[str, Any]) -> str:
        name: str = execution["name"]
        if _is_run(name):
            return name
        from datetime import timezone

        started: datetime = execution["startDate"].astimezone(timezone.utc)
        told = f"{started:%Y-%m-%dT%H:%M:%S}.{started.microsecond // 1000:03}Z"
        run = run_of(name, told)
        self._named[run] = execution["executionArn"]
        return run

    def _group(self, task: str) -> str:
        manifest = self.manifest
        known: str | None = manifest.functions.get(task)
        if known is None:
            return log_group(begin_name(manifest.pipeline, manifest.environment))
        return known


def _is_run(name: str) -> bool:
    """Whether a name is the id of a run, such as ``20260131T120000.123456Z-9f3a1c``."""
    stamp, dash, letters = name.partition("-")
    digits = stamp.replace("T", "", 1).replace(".", "", 1).rstrip("Z")
    return bool(dash) and len(stamp) == 23 and digits.isdigit() and len(letters) == 6


def workspace_of(session: Session, pipeline: str, environment: str) -> str | None:
    """The bucket that the state machine of a pipeline names as its workspace; ``None`` where it
    names none.

    Raises :class:`~glacier.core.following.errors.NotDeployed` where there is no such machine.
    """
    arn = machine_arn(machine_name(pipeline, environment), session.account)
    where = f"account {session.account.account}, region {session.account.region}"
    try:
        with asking(f"the state machine {arn}"):
            found = session.client("stepfunctions").list_tags_for_resource(resourceArn=arn)
    except Refused as error:
        if error.code not in ("StateMachineDoesNotExist", "ResourceNotFound"):
            raise
        reason = f"there is no state machine {arn}"
        raise NotDeployed(
            pipeline=pipeline, environment=environment, where=where, reason=reason
        ) from error
    tags = {one["key"]: one["value"] for one in found.get("tags", ())}
    return tags.get(WORKSPACE_TAG)


if TYPE_CHECKING:
    _: type[Conductor] = StateMachine
