"""Policies: what the code of core does is allowed, and nothing that it does not do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from deployed_plans import ACCOUNT, WORKSPACE, compiled, shape, step

from glacier.aws.account import Account
from glacier.aws.machines import machines_of
from glacier.aws.names import Bucket, function_name, log_group
from glacier.aws.policies import (
    Document,
    attached,
    begin_policy,
    check_roles,
    function_trust,
    machine_policy,
    machine_trust,
    merged,
    scheduler_policy,
    scheduler_trust,
    task_policy,
)
from glacier.core.errors import CannotDeploy, GlacierWarning
from glacier.core.protocols import DirectoryStore, Grant, Origin, Plan, stages_of
from glacier.core.storage.files import FileShelf
from glacier.core.versions import Address, RunRecord, start_run

RUN = "20260131T120000.123456Z-9f3a1c"
LATER = "20260201T120000.123456Z-9f3a1c"


def allows(document: Document, action: str, arn: str, **context: str) -> bool:
    """Whether IAM would allow an action by this document."""
    return any(
        action in one["Action"]
        and any(_matches(pattern, arn) for pattern in one["Resource"])
        and all(
            context.get(key.rpartition(":")[2].lower()) == value
            for operator in one.get("Condition", {}).values()
            for key, value in operator.items()
        )
        for one in document["Statement"]
    )


def _matches(pattern: str, arn: str) -> bool:
    parts = {"*": ".*", "?": "."}
    return re.fullmatch("".join(parts.get(c, re.escape(c)) for c in pattern), arn) is not None


class Watched:
    """A store that notes which action of S3 each of its calls is."""

    def __init__(self, store: DirectoryStore) -> None:
        self.store = store
        self.done: dict[tuple[str, str], None] = {}

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.store, name)
        action = {"get": "Get", "head": "Get", "open": "Get", "local": "Get", "put": "Put"}
        if name not in action:
            assert name in ("uri", "stage")  # nothing is listed, nothing deleted
            return method

        def call(key: str, *more: Any, **options: Any) -> Any:
            self.done[f"s3:{action[name]}Object", key] = None
            return method(key, *more, **options)

        return call


@pytest.fixture
def store(tmp_path: Path) -> Watched:
    """A store whose calls are noted."""
    return Watched(DirectoryStore(tmp_path))


def policy(task: str, *grants: tuple[str, str] | Grant, **options: Any) -> Document:
    """The policy of a task that reads or writes datasets in the workspace."""
    given = [
        one if isinstance(one, Grant) else Grant(task, one[0], "dataset", one[1], "workspace")
        for one in grants
    ]
    settings: dict[str, Any] = {
        "pipeline": "etl",
        "mapped": False,
        "buckets": {},
        "workspace": WORKSPACE,
        "secrets": {},
        "log_group": f"/aws/lambda/etl-prod-{task}",
        "account": ACCOUNT,
    }
    return task_policy(task, given, **{**settings, **options})


def s3(key: str, bucket: str = WORKSPACE.name) -> str:
    return f"arn:aws:s3:::{bucket}/{key}"


def used(store: Watched) -> Iterable[tuple[str, str]]:
    return [(action, s3(key)) for action, key in store.done]


def shelf(store: Watched, dataset: str) -> FileShelf:
    return FileShelf(store, Address("etl", dataset))


def write(store: Watched, dataset: str, run: str, *, attempt: int = 1) -> str:
    origin = Origin(run, dataset, fingerprint="f" * 64)
    draft = shelf(store, dataset).write([1, 2], origin, attempt=attempt)
    kept = shelf(store, dataset).commit([draft], origin, attempt=attempt)
    assert kept is not None
    return kept.version


def test_a_writer_may_do_what_writing_does(store: Watched) -> None:
    """A task writes its output, again in a second attempt and a later run, and finds it again."""
    may = policy("clean", ("read", "raw"), ("write", "clean"))
    for run, attempt in ((RUN, 1), (RUN, 1), (RUN, 2), (LATER, 1)):
        write(store, "clean", run, attempt=attempt)
    assert shelf(store, "clean").find("f" * 64) is not None
    assert len(store.done) > 6
    for action, arn in used(store):
        assert allows(may, action, arn), (action, arn)


def test_a_reader_may_do_what_reading_does_and_no_more(store: Watched) -> None:
    """A task reads versions of its inputs, not which is the newest, and writes none of them."""
    may = policy("clean", ("read", "raw"), ("write", "clean"))
    version = write(store, "raw", RUN)
    store.done.clear()
    assert shelf(store, "raw").at(version) is not None
    assert shelf(store, "raw").read(version) == [1, 2]
    for action, arn in used(store):
        assert action == "s3:GetObject"
        assert allows(may, action, arn), (action, arn)
    for key in ("etl/raw/_/latest.json", f"etl/raw/_/by-fingerprint/{'f' * 64}.json"):
        assert not allows(may, "s3:GetObject", s3(key))
    assert not allows(may, "s3:PutObject", s3(f"etl/raw/_/{RUN}/version.json"))
    assert not allows(may, "s3:GetObject", s3(f"etl/other/_/{RUN}/version.json"))
    assert not allows(may, "s3:GetObject", s3(f"etl/raw-2/_/{RUN}/version.json"))
    assert not allows(may, "s3:ListBucket", "arn:aws:s3:::etl-workspace")
    assert not allows(may, "s3:DeleteObject", s3(f"etl/clean/_/{RUN}/version.json"))


def test_a_task_keeps_its_own_records_of_a_run() -> None:
    """How it ended it writes itself, and nobody else does; how a run began it reads."""
    may = policy("clean")
    own, other = f"_runs/{RUN}/tasks/clean.json", f"_runs/{RUN}/tasks/load.json"
    assert allows(may, "s3:PutObject", s3(own))
    assert allows(may, "s3:PutObject", s3(f"_runs/{RUN}/tasks/clean/1.json"))
    assert allows(may, "s3:GetObject", s3(f"_runs/{RUN}/begin.json"))
    assert not allows(may, "s3:GetObject", s3(f"_runs/{RUN}/tasks/begin.json"))
    assert not allows(may, "s3:PutObject", s3(f"_runs/{RUN}/begin.json"))
    assert not allows(may, "s3:PutObject", s3(f"_runs/{RUN}.json"))
    assert not allows(may, "s3:GetObject", s3(other))
    assert not allows(may, "s3:PutObject", s3(f"_runs/{RUN}/items/clean/3.json"))


def test_a_mapped_task_keeps_its_items() -> None:
    """Its items leave records that it reads when it collects them."""
    may = policy("parse", mapped=True)
    for action in ("s3:GetObject", "s3:PutObject"):
        assert allows(may, action, s3(f"_runs/{RUN}/items/parse/3.json"))
    assert allows(may, "s3:PutObject", s3(f"_runs/{RUN}/items/parse.json"))
    assert not allows(may, "s3:GetObject", s3(f"_runs/{RUN}/items/other/3.json"))


def test_who_begins_may_do_what_beginning_does(store: Watched) -> None:
    """It finds the newest of what a run reads, and reads no data but that of conditions."""
    plan = Plan("etl", (step("clean", ["raw"], when="wanted"), step("load", ["clean"])))
    grants = [Grant("clean", "read", "dataset", "raw", "workspace")]
    may = begin_policy(
        plan, grants, buckets={}, workspace=WORKSPACE, log_group="/aws/lambda/b", account=ACCOUNT
    )
    for name in ("raw", "wanted"):
        write(store, name, RUN)
    store.done.clear()
    pins = []
    for name in ("raw", "wanted"):
        kept = shelf(store, name).latest()
        assert kept is not None
        pins.append(kept.reference)
    assert shelf(store, "wanted").read(RUN) == [1, 2]
    start_run(store, RunRecord(LATER, "etl", pins=tuple(pins)))
    for action, arn in used(store):
        assert allows(may, action, arn), (action, arn)
    for name in ("begin", "begin-failed", "done", "end"):
        assert allows(may, "s3:PutObject", s3(f"_runs/{RUN}/{name}.json"))
    assert allows(may, "s3:GetObject", s3(f"etl/clean/_/{RUN}/version.json"))
    assert not allows(may, "s3:PutObject", s3(f"_runs/{RUN}.json", "lake"))
    other = begin_policy(
        plan,
        grants,
        buckets={"clean": Bucket("lake")},
        workspace=WORKSPACE,
        log_group="/aws/lambda/b",
        account=ACCOUNT,
    )
    for action in ("s3:GetObject", "s3:PutObject"):  # a run is noted where its datasets are
        assert allows(other, action, s3(f"_runs/{RUN}.json", "lake"))
    assert not allows(other, "s3:PutObject", s3(f"_runs/{RUN}/begin.json", "lake"))
    assert not allows(may, "s3:GetObject", s3(f"etl/raw/_/{RUN}/data-1-0.json"))
    assert not allows(may, "s3:GetObject", s3("etl/clean/_/latest.json"))
    assert not allows(may, "s3:PutObject", s3(f"etl/raw/_/{RUN}/version.json"))
    assert not allows(may, "s3:PutObject", s3(f"_runs/{RUN}/tasks/clean.json"))


@pytest.mark.parametrize(
    ("address", "reads", "not_read", "prefix"),
    [
        ("s3://own/landing/*.json.gz", "landing/a.json.gz", "landing/a.csv", "landing/"),
        ("s3://own/landing/[ab]/x.csv", "landing/a/x.csv", "landing/ab/x.csv", "landing/"),
        ("s3://own/a/**/x.csv", "a/b/c/x.csv", "b/x.csv", "a/"),
        ("s3://own/landing/", "landing/a/b.csv", "other/b.csv", "landing/"),
        ("s3://own/landing/day.csv", "landing/day.csv", "landing/day.csv.gz", None),
        ("s3://own/*.csv", "a.csv", "a.json", ""),
    ],
)
def test_somebody_elses_files_are_listed_by_who_begins(
    address: str, reads: str, not_read: str, prefix: str | None
) -> None:
    """A task reads the files that an address names; who begins finds them below one prefix."""
    grant = Grant("clean", "read", "dataset", "raw", address)
    plan = Plan("etl", (step("clean", ["raw"]),))
    begins = begin_policy(
        plan, [grant], buckets={}, workspace=WORKSPACE, log_group="/x", account=ACCOUNT
    )
    for may in (policy("clean", grant), begins):
        assert allows(may, "s3:GetObject", s3(reads, "own"))
        assert not allows(may, "s3:GetObject", s3(not_read, "own"))
        assert not allows(may, "s3:GetObject", s3("etl/raw/_/latest.json"))

    def lists(at: str) -> bool:
        return allows(begins, "s3:ListBucket", "arn:aws:s3:::own", prefix=at)

    assert lists(prefix or "any") is (prefix is not None)
    assert lists("elsewhere/") is (prefix == "")
    assert not allows(
        policy("clean", grant), "s3:ListBucket", "arn:aws:s3:::own", prefix=prefix or ""
    )


def test_what_is_not_in_s3_needs_nothing_of_it() -> None:
    """The web is open to all; a database is reached by its address and a secret."""
    for address in ("https://example.org/a.csv", "postgresql://h/shop#orders"):
        assert policy("clean", Grant("clean", "read", "dataset", "raw", address)) == policy("clean")


def test_a_dataset_nowhere_is_told() -> None:
    """A storage that nobody has given a bucket for is an error, not a hole in the policy."""
    with pytest.raises(CannotDeploy, match="may read dataset 'raw' in 'lake', for which there is"):
        policy("clean", Grant("clean", "read", "dataset", "raw", "lake"))
    with pytest.raises(CannotDeploy, match="may write dataset 'out' in 's3://lake/out'"):
        policy("clean", Grant("clean", "write", "dataset", "out", "s3://lake/out"))
    with pytest.raises(CannotDeploy, match="reads secret 'crm-key', which the environment"):
        policy("clean", Grant("clean", "read", "secret", "crm-key"))


def test_other_buckets_prefixes_and_keys() -> None:
    """Each dataset is where its bucket is; a key is used through S3 alone, and as far as needed."""
    key = "arn:aws:kms:eu-central-1:123456789012:key/k"
    buckets = {"raw": Bucket("lake", "deep/er", key), "clean": Bucket("shed")}
    reads = Grant("clean", "read", "dataset", "raw", "lake")
    writes = Grant("clean", "write", "dataset", "clean", "shed")
    may = policy("clean", reads, writes, buckets=buckets)
    assert allows(may, "s3:GetObject", s3(f"deep/er/etl/raw/_/{RUN}/data-1-0.csv", "lake"))
    assert allows(may, "s3:PutObject", s3(f"etl/clean/_/{RUN}/data-1-0.csv", "shed"))
    through = {"viaservice": "s3.eu-central-1.amazonaws.com"}
    assert allows(may, "kms:Decrypt", key, **through)
    assert not allows(may, "kms:Decrypt", key, viaservice="dynamodb.eu-central-1.amazonaws.com")
    assert not allows(may, "kms:GenerateDataKey", key, **through)
    assert allows(
        policy("a", workspace=WORKSPACE._replace(key=key)), "kms:GenerateDataKey", key, **through
    )


class Permission:
    """What a task is allowed besides."""

    actions = ("dynamodb:GetItem",)
    resources = ("arn:aws:dynamodb:eu-central-1:123456789012:table/rates",)


def test_secrets_logs_publications_and_what_is_added() -> None:
    """Its own secrets and no others, its own log, where it publishes, and what it asks for."""
    arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:crm-key-AbCdEf"
    use = Grant("clean", "use", "permission", "sqs:SendMessage", "arn:aws:sqs:q")
    may = policy(
        "clean",
        Grant("clean", "read", "secret", "crm-key"),
        Grant("other", "read", "secret", "not-mine"),
        Grant("clean", "write", "publication", "clean", "s3://out/clean.csv"),
        use,
        secrets={"crm-key": arn, "not-mine": "arn:x"},
        permissions=[Permission()],
    )
    assert allows(may, "secretsmanager:GetSecretValue", arn)
    assert not allows(may, "secretsmanager:GetSecretValue", "arn:x")
    assert allows(may, "s3:PutObject", s3("clean.csv", "out"))
    assert allows(may, "s3:AbortMultipartUpload", s3("clean.csv", "out"))
    assert allows(may, "dynamodb:GetItem", Permission.resources[0])
    assert allows(may, use.name, use.storage)
    log = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/etl-prod-clean"
    assert allows(may, "logs:PutLogEvents", f"{log}:log-stream:x")
    assert not allows(may, "logs:PutLogEvents", f"{log}-2:log-stream:x")


def test_nothing_is_allowed_everywhere() -> None:
    """No statement has all actions, or all resources."""
    (machine,) = compiled(*shape("mapped", 3))
    documents = [
        policy("clean", ("read", "raw"), ("write", "clean")),
        machine_policy(machine, workspace=WORKSPACE, account=ACCOUNT),
        scheduler_policy(machine.name, account=ACCOUNT),
    ]
    for document in documents:
        for one in document["Statement"]:
            assert not any("*" in action for action in one["Action"])
            assert "*" not in one["Resource"]


def test_a_machine_may_call_its_functions_and_start_its_parts() -> None:
    """A machine invokes exactly its functions; one that has parts may start, watch, stop them."""
    main, part, *_ = compiled(*shape("chain", 150))
    may = machine_policy(main, workspace=WORKSPACE, account=ACCOUNT)
    stem = "arn:aws:states:eu-central-1:123456789012"
    assert allows(may, "states:StartExecution", f"{stem}:stateMachine:{part.name}")
    assert allows(may, "states:StopExecution", f"{stem}:execution:{part.name}:run-1")
    assert not allows(may, "states:StartExecution", f"{stem}:stateMachine:{main.name}")
    rule = "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
    assert allows(may, "events:PutRule", f"arn:aws:events:eu-central-1:123456789012:{rule}")
    named = "arn:aws:lambda:eu-central-1:123456789012:function:{}".format
    assert allows(may, "lambda:InvokeFunction", named(main.functions[0]))
    assert not allows(may, "lambda:InvokeFunction", named(part.functions[0]))


def test_a_machine_with_many_items_may_start_itself() -> None:
    """A distributed Map starts executions of the machine, and reads the numbers of the items."""
    (machine,) = compiled(*shape("mapped", 2))
    may = machine_policy(machine, workspace=WORKSPACE, account=ACCOUNT)
    stem = "arn:aws:states:eu-central-1:123456789012"
    assert allows(may, "states:StartExecution", f"{stem}:stateMachine:etl-prod")
    assert allows(may, "states:DescribeExecution", f"{stem}:execution:etl-prod/map:1")
    assert allows(may, "s3:GetObject", s3(f"_runs/{RUN}/items/t1.json"))
    assert not allows(may, "s3:GetObject", s3(f"_runs/{RUN}/items/t1/0.json"))


def test_a_schedule_may_start_the_machine() -> None:
    """It may do nothing else."""
    assert scheduler_policy("etl-prod", account=ACCOUNT)["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["states:StartExecution"],
            "Resource": ["arn:aws:states:eu-central-1:123456789012:stateMachine:etl-prod"],
        }
    ]


def test_roles_are_taken_for_this_account_alone() -> None:
    """Where a service says for whom it takes a role, the role is for that alone."""
    china = Account("123456789012", "cn-north-1")
    for trust in (machine_trust(ACCOUNT), scheduler_trust(ACCOUNT), machine_trust(china)):
        condition = trust["Statement"][0]["Condition"]
        assert condition["StringEquals"] == {"aws:SourceAccount": "123456789012"}
    assert "arn:aws-cn:" in json.dumps(machine_trust(china))
    assert function_trust()["Statement"][0]["Principal"] == {"Service": "lambda.amazonaws.com"}


def size(document: Mapping[str, Any]) -> int:
    return len(json.dumps(document, separators=(",", ":")))


def test_a_long_policy_is_put_beside_the_role() -> None:
    """What a role cannot hold is attached to it; nothing is lost, and too much is told."""
    for count in (1, 40, 150, 500):
        names = [f"dataset-{number}" for number in range(count)]
        document = policy("join", *(("read", name) for name in names), ("write", "out"))
        held = attached(document, role="etl-prod-join")
        assert size(held.inline) <= 10_240
        assert all(size(one) <= 6_144 for one in held.managed)
        assert bool(held.managed) is (size(document) > 10_240)
        for name in names:
            arn = s3(f"etl/{name}/_/{RUN}/data-1-0.csv")
            assert any(allows(one, "s3:GetObject", arn) for one in (held.inline, *held.managed))
        assert not allows(document, "s3:GetObject", s3("etl/dataset-0/_/latest.json"))
    with pytest.raises(CannotDeploy, match=r"characters, and AWS takes 10,240 in a role and 9"):
        attached(policy("join", *(("read", f"d{n}") for n in range(3000))), role="etl-prod-join")


def test_tasks_that_share_a_role_may_what_each_may() -> None:
    """A group's policy is what its tasks are allowed together, said once."""
    one, two = policy("a", ("write", "a")), policy("b", ("read", "a"), ("write", "b"))
    both = merged([one, two])
    for document in (one, two):
        for statement in document["Statement"]:
            for action in statement["Action"]:
                for arn in statement["Resource"]:
                    assert allows(both, action, arn)
    assert merged([one, one]) == one


def test_more_roles_than_an_account_has_are_warned_of() -> None:
    """A pipeline of very many tasks needs group=."""
    check_roles([f"r{n}" for n in range(1000)], pipeline="etl")
    with pytest.warns(GlacierWarning, match="needs 1,001 roles.*group="):
        check_roles([f"r{n}" for n in range(1001)], pipeline="etl")


def test_a_thousand_tasks_compile_in_two_seconds() -> None:
    """Stages, machines and the policies of 1,000 tasks, in time of this process's own."""
    begun = process_time()
    plan = Plan("etl", tuple(shape("layers", 1000)))
    settings: dict[str, Any] = {"environment": "prod", "account": ACCOUNT, "workspace": WORKSPACE}
    for machine in machines_of(plan, stages_of(plan), **settings):
        machine_policy(machine, workspace=WORKSPACE, account=ACCOUNT)
    for one in plan.steps:
        grants = [Grant(one.task, "read", "dataset", name, "workspace") for name in one.inputs]
        grants.append(Grant(one.task, "write", "dataset", one.task, "workspace"))
        name = function_name("etl", "prod", one.task)
        attached(policy(one.task, *grants, log_group=log_group(name)), role=name)
    assert process_time() - begun < 2
