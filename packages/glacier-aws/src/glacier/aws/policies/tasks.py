"""What functions may do: those of tasks, and the one that begins and finishes runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from glacier.aws.names import Bucket, log_arn
from glacier.aws.policies.documents import Allowed, Document
from glacier.aws.policies.keys import Objects, foreign, through_s3
from glacier.aws.policies.sizes import shortened
from glacier.core.protocols import CannotDeploy, bindings_key

if TYPE_CHECKING:
    from glacier.aws.account import Account
    from glacier.core.protocols import Grant, Plan

__all__ = ["HasPermissions", "begin_policy", "task_policy"]

_GET, _PUT, _ABORT = "s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"
_WORKSPACE = "workspace"


class HasPermissions(Protocol):
    """What a task is allowed besides, in the words of AWS."""

    @property
    def actions(self) -> Sequence[str]: ...

    @property
    def resources(self) -> Sequence[str]: ...


def task_policy(
    task: str,
    grants: Iterable[Grant],
    *,
    pipeline: str,
    mapped: bool,
    buckets: Mapping[str, Bucket],
    workspace: Bucket,
    secrets: Mapping[str, str],
    log_group: str,
    account: Account,
    permissions: Iterable[HasPermissions] = (),
) -> Document:
    """The policy of the function of a task; ``grants`` of other tasks are passed over.

    ``buckets`` has those of the datasets that are not in the ``workspace``, ``secrets`` the ARNs of
    secrets by name. Raises :class:`~glacier.core.errors.CannotDeploy` for a dataset that is in
    neither.
    """
    writer = _Writer(pipeline, buckets, workspace, account)
    for grant in grants:
        if grant.task != task:
            continue
        if grant.kind == "dataset":
            writer.dataset(grant)
        elif grant.kind == "secret":
            writer.secret(grant, secrets)
        elif grant.kind == "publication":
            writer.publication(grant)
        elif grant.kind == "permission":
            writer.allowed.add([grant.name], [grant.storage])
    for permission in permissions:
        writer.allowed.add(permission.actions, permission.resources)
    _task_records(writer, task, mapped=mapped)
    writer.keys()
    writer.log(log_group)
    return shortened(writer.allowed.document())


def begin_policy(
    plan: Plan,
    grants: Iterable[Grant],
    *,
    buckets: Mapping[str, Bucket],
    workspace: Bucket,
    log_group: str,
    account: Account,
) -> Document:
    """The policy of the function that begins and finishes the runs of a plan.

    It finds the newest versions of what a run reads from outside, reads the records of versions to
    go on from an earlier run or from what the client has stored, and the values of conditions that
    no task makes. It notes each run wherever there are datasets that have to do with it.
    """
    writer = _Writer(plan.pipeline, buckets, workspace, account)
    made = {name for step in plan.steps for name in step.outputs}
    conditions = {step.when for step in plan.steps if step.when is not None} - made
    external = {grant.name for grant in grants if writer.listing(grant)}
    read = {name for step in plan.steps for name in step.inputs} | conditions
    for name in sorted(read - made - external):
        writer.allow(name, [_GET], [writer.objects(name).latest(name)])
    for name in sorted(conditions):
        writer.allow(name, [_GET], [writer.objects(name).versions(name)[1]])
    for name in sorted({*read, *made} - external):
        # One pattern for each bucket: whatever is made or read there may be reused.
        writer.allow(name, [_GET], [writer.objects(name).record("*")])
        # The record of a run lies in each bucket that it has to do with, for who collects there.
        writer.allow(name, [_GET, _PUT], [writer.objects(name).run(".json")])
    # Those of an earlier run are read, to go on from it.
    writer.records([_GET, _PUT], ["/begin.json", "/done.json", ".json"])
    writer.records([_PUT], ["/begin-failed.json", "/end.json"])
    writer.bindings()
    writer.keys()
    writer.log(log_group)
    return shortened(writer.allowed.document())


def _task_records(writer: _Writer, task: str, *, mapped: bool) -> None:
    writer.records([_GET], ["/begin.json"])
    own, attempts = [f"/tasks/{task}.json"], [f"/tasks/{task}/*"]
    if mapped:
        own.append(f"/items/{task}/*.json")
        attempts.append(f"/items/{task}.json")
    writer.records([_GET, _PUT], own)
    writer.records([_PUT], attempts)


class _Writer:
    """Collects what one function may do."""

    def __init__(
        self,
        pipeline: str,
        buckets: Mapping[str, Bucket],
        workspace: Bucket,
        account: Account,
    ) -> None:
        self.allowed = Allowed()
        self._pipeline = pipeline
        self._buckets = buckets
        self._workspace = workspace
        self._account = account
        self._encrypted: dict[str, set[str]] = {}  # of each key, what is done with objects

    def objects(self, dataset: str) -> Objects:
        bucket = self._buckets.get(dataset, self._workspace)
        return Objects(bucket, self._pipeline, self._account.partition)

    def dataset(self, grant: Grant) -> None:
        """What a task does with a dataset: an output's pointers move by comparing, so it reads
        them, and a record that is there already is the one that another attempt has written."""
        if grant.access == "read" and self.external(grant):
            return
        if grant.name not in self._buckets and grant.storage != _WORKSPACE:
            raise CannotDeploy(
                target=f"task {grant.task!r} of pipeline {self._pipeline!r} on AWS",
                reason=f"it may {grant.access} dataset {grant.name!r} in {grant.storage!r}, for "
                "which there is no bucket",
                mend="Keep it in env.object_storage('…').",
            )
        objects = self.objects(grant.name)
        if grant.access == "read":
            self.allow(grant.name, [_GET], objects.versions(grant.name))
        else:
            self.allow(grant.name, [_GET, _PUT], [objects.whole(grant.name)])

    def external(self, grant: Grant) -> bool:
        """Whether a dataset is under somebody else's keys; then it can be read."""
        if grant.name in self._buckets or grant.storage == _WORKSPACE:
            return False
        found = foreign(grant.storage, self._account.partition)
        if found is not None:
            self.allowed.add([_GET], [found.objects])
        return "://" in grant.storage

    def listing(self, grant: Grant) -> bool:
        """The same for who finds what there is to be read, by listing it where it may be much."""
        if grant.kind != "dataset" or not self.external(grant):
            return False
        found = foreign(grant.storage, self._account.partition)
        if found is not None and found.prefix is not None:
            # Of a whole bucket no prefix is asked for, so there is none to be compared.
            only = {"StringEquals": {"s3:prefix": found.prefix}} if found.prefix else None
            self.allowed.add(["s3:ListBucket"], [found.bucket], only)
        return True

    def secret(self, grant: Grant, secrets: Mapping[str, str]) -> None:
        """A secret is read by itself; that of a key of its own is not known here."""
        if grant.name not in secrets:
            raise CannotDeploy(
                target=f"task {grant.task!r} of pipeline {self._pipeline!r} on AWS",
                reason=f"it reads secret {grant.name!r}, which the environment does not declare",
                mend=f"Declare it: env.secret({grant.name!r}).",
            )
        self.allowed.add(["secretsmanager:GetSecretValue"], [secrets[grant.name]])

    def publication(self, grant: Grant) -> None:
        """What is published is replaced as a whole, in parts where it is large."""
        found = foreign(grant.storage, self._account.partition)
        if found is not None:
            self.allowed.add([_PUT, _ABORT], [found.objects])

    def records(self, actions: Sequence[str], names: Iterable[str]) -> None:
        """Let records of runs be read or written."""
        self._in_workspace(actions, [self._whole.run(name) for name in names])

    def bindings(self) -> None:
        """Let the bindings of the whole pipeline be read."""
        self._in_workspace([_GET], [self._whole.arn(bindings_key(self._pipeline))])

    @property
    def _whole(self) -> Objects:
        return Objects(self._workspace, self._pipeline, self._account.partition)

    def _in_workspace(self, actions: Sequence[str], objects: Iterable[str]) -> None:
        self.allowed.add(actions, objects)
        self._encrypted.setdefault(self._workspace.key, set()).update(actions)

    def allow(self, dataset: str, actions: Sequence[str], objects: Iterable[str]) -> None:
        """Let objects of a dataset be read or written, and deciphered or enciphered with it."""
        self.allowed.add(actions, objects)
        key = self._buckets.get(dataset, self._workspace).key
        self._encrypted.setdefault(key, set()).update(actions)

    def keys(self) -> None:
        """Let S3 use the keys of the buckets in the function's name, and nobody else."""
        through = through_s3(self._account)
        for key, actions in self._encrypted.items():
            if key:
                uses = {_GET: "kms:Decrypt", _PUT: "kms:GenerateDataKey"}
                self.allowed.add([uses[one] for one in sorted(actions)], [key], through)

    def log(self, group: str) -> None:
        """Let the function write its log."""
        actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
        self.allowed.add(actions, [log_arn(group, self._account)])
