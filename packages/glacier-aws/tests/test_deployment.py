"""Pipelines on AWS: what a program registers for one, on Pulumi's mocks."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier.aws import Network
from glacier.aws.account import Account
from glacier.aws.deployment.idling import idle_machine
from glacier.aws.deployment.timing import cron_expression
from glacier.aws.machines import problems_of
from glacier.core import (
    Database,
    Dataset,
    Environment,
    External,
    ObjectStorage,
    Pipeline,
    Schedule,
    Secret,
    Serverless,
)
from glacier.core.cron import parse_cron
from glacier.core.errors import CannotDeploy, GlacierError, InvalidOption, UnknownOption
from glacier.core.programs import session
from glacier.core.protocols import Bindings
from glacier.core.registration import Wish, register_pipeline
from glacier.core.testing.registered import Told, registered

Make = Callable[..., Environment]
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
WORKSPACE = "prod-etl-workspace-d1bdd08b"


def flow(env: Environment) -> Pipeline:
    """extract → clean → load, with a secret, a group and a function of another size."""
    lake, _ = env.object_storage("lake", encryption="1234-abcd"), env.secret("crm-key")
    pipeline = Pipeline("etl")
    raw, mid, out = Dataset("raw", storage=lake), Dataset("mid"), Dataset("out", storage=lake)

    @pipeline.task(group="small")
    def extract(key: Annotated[str, Secret("crm-key")]) -> raw:
        return [1]

    @pipeline.task(compute=Serverless(memory=2048, timeout=60))
    def clean(rows: raw) -> mid:
        return rows

    @pipeline.task(group="small")
    def load(rows: mid) -> out:
        return rows

    return pipeline


def shown(make: Make, declare: Callable[[Environment], Pipeline] = flow, **more: Any) -> Told:
    """What is registered for a pipeline; ``wish`` is what was said of it."""
    wish = more.pop("wish", Wish())

    def program() -> None:
        env = make(**more)
        register_pipeline(env, declare(env), wish, target=__file__)

    return registered(program)


def properties(told: Told, kind: str, name: str) -> Any:
    return told.by_type[kind, name].properties


def policy(told: Told, name: str) -> str:
    return str(properties(told, "RolePolicy", name)["policy"])


# --- what there is --------------------------------------------------------------------------------


def test_each_task_has_a_function_a_log_and_an_identity_or_shares_that_of_its_group(
    env: Make,
) -> None:
    told = shown(env)
    rows = told.by_type
    functions = {name for kind, name in rows if kind == "Function"}
    assert functions == {"prod-etl", "prod-etl/clean", "prod-etl/extract", "prod-etl/load"}
    assert {name for kind, name in rows if kind == "LogGroup"} == functions
    roles = {name for kind, name in rows if kind == "Role"}
    assert roles == {"prod-etl", "prod-etl/clean", "prod-etl/group small", "prod-etl:machine"}
    assert {name for kind, name in rows if kind == "RolePolicy"} == roles
    clean = properties(told, "Function", "prod-etl/clean")
    assert clean == {
        "architectures": ["arm64"],
        "description": "Glacier: etl, clean",
        "environment": {
            "variables": {
                "GLACIER_BINDINGS": '{"secrets":{},"stores":{"s3://prod-lake-e54d4cf7":["raw"]},'
                f'"workspace":"s3://{WORKSPACE}"}}'
            }
        },
        "handler": "glacier.aws.runtime.handler.handle",
        "memorySize": 2048,
        "name": "etl-prod-clean",
        "role": "<computed>",
        "runtime": "python3.13",
        "s3Bucket": WORKSPACE,
        "s3Key": "_deployed/etl/code.zip",
        "tags": {"environment": "prod", "managed-by": "glacier", "pipeline": "etl"},
        "timeout": 60,
    }
    log = properties(told, "LogGroup", "prod-etl/clean")
    assert (log["name"], log["retentionInDays"]) == ("/aws/lambda/etl-prod-clean", 30)


def test_a_task_may_read_its_inputs_and_write_its_outputs(env: Make) -> None:
    told = shown(env)
    clean = policy(told, "prod-etl/clean")
    assert "arn:aws:s3:::prod-lake-e54d4cf7/etl/raw/_/*/version.json" in clean
    assert f"arn:aws:s3:::{WORKSPACE}/etl/mid/_/*" in clean
    assert "arn:aws:kms:eu-central-1:123456789012:key/1234-abcd" in clean
    assert "out" not in clean
    assert "ListBucket" not in clean
    # The ARN of a secret is known when it is there.
    assert policy(told, "prod-etl/group small") == "<computed>"


def test_every_resource_has_the_tags_and_every_role_the_boundary(env: Make) -> None:
    told = shown(env, permissions_boundary=BOUNDARY)
    taggable = {"Function", "LogGroup", "Role", "StateMachine", "MetricAlarm", "BucketObjectv2"}
    found = [row for row in told.rows if row.type.rpartition(":")[2] in taggable]
    assert len(found) > 12
    assert {row.properties["tags"]["pipeline"] for row in found} == {"etl"}
    roles = [row for row in found if row.type.endswith(":Role")]
    assert {row.properties["permissionsBoundary"] for row in roles} == {BOUNDARY}


def test_functions_are_in_the_network_of_the_account(env: Make, network: Network) -> None:
    told = shown(env, network=network)
    clean = properties(told, "Function", "prod-etl/clean")
    assert clean["vpcConfig"]["subnetIds"] == ["subnet-1", "subnet-2"]
    joined = [name for kind, name in told.by_type if kind == "RolePolicyAttachment"]
    assert sorted(joined) == ["prod-etl", "prod-etl/clean", "prod-etl/group small"]


def test_the_workspace_is_closed_expires_and_lets_commits_be_created_alone(env: Make) -> None:
    told = shown(env, wish=Wish(options={"workspace_days": 5}))
    whole = told.by_type["glacier:aws:Workspace", "prod-etl"]
    assert whole.parent == ""  # or destroy would keep the functions with it
    rules = properties(told, "BucketLifecycleConfiguration", "prod-etl")["rules"]
    assert [(one["filter"]["prefix"], one.get("expiration")) for one in rules] == [
        ("etl/", {"days": 5}),
        ("", None),
    ]
    guards = json.loads(properties(told, "BucketPolicy", "prod-etl")["policy"])["Statement"]
    assert [one["Sid"] for one in guards] == ["OnlyTLS", "CreateOnly"]
    assert guards[1]["Condition"]["Null"] == {"s3:if-none-match": "true"}
    run = "_runs/????????T??????.??????Z-??????.json"
    assert f"arn:aws:s3:::{WORKSPACE}/{run}" in guards[1]["Resource"]


def test_a_state_machine_conducts_the_tasks_and_an_alarm_tells_of_failures(env: Make) -> None:
    topic = "arn:aws:sns:eu-central-1:123456789012:ops"
    told = shown(env, wish=Wish(options={"alarm_topic": topic}))
    machine = properties(told, "StateMachine", "prod-etl")
    assert machine["name"] == "etl-prod"
    assert machine["tags"]["glacier:workspace"] == WORKSPACE  # by which clients find it
    definition = json.loads(machine["definition"])
    assert {"extract", "clean", "load"} <= definition["States"].keys()
    assert "etl-prod-clean" in policy(told, "prod-etl:machine")
    alarm = properties(told, "MetricAlarm", "prod-etl")
    assert (alarm["metricName"], alarm["alarmActions"]) == ("ExecutionsFailed", [topic])


def many(count: int, *, storages: int, prefix: str = "data", name: str = "made") -> list[Dataset]:
    lakes = [ObjectStorage(f"lake{n}", url=f"s3://b{n}/{prefix}") for n in range(storages)]
    return [Dataset(f"{name}{n}", storage=lakes[n % storages]) for n in range(count)]


def test_more_storages_than_a_function_can_be_told_of_are_refused(env: Make) -> None:
    outputs = tuple(many(8, storages=8, prefix="p" * 500))

    def declare(home: Environment) -> Pipeline:
        pipeline = Pipeline("etl")

        @pipeline.task
        def make() -> tuple[outputs]:  # type: ignore[valid-type]  # datasets
            return (1,) * len(outputs)

        return pipeline

    with pytest.raises(CannotDeploy, match=r"make of pipeline 'etl'.*4096 at most"):
        shown(env, declare)


def test_the_function_that_begins_runs_is_told_of_any_number_by_an_object(env: Make) -> None:
    name = "made-under-a-name-that-is-long-so-that-few-are-too-many-"

    def declare(home: Environment) -> Pipeline:
        pipeline = Pipeline("etl")
        for made in many(80, storages=4, name=name):

            @pipeline.task(name=f"make-{made.name}")
            def make() -> made:
                return 1

        return pipeline

    told = shown(env, declare)
    variables = properties(told, "Function", "prod-etl")["environment"]["variables"]
    named = json.loads(variables["GLACIER_BINDINGS"])
    content = properties(told, "BucketObjectv2", "prod-etl:bindings")["content"]
    assert properties(told, "BucketObjectv2", "prod-etl:bindings")["key"] == named["object"]
    assert named["sha256"] == sha256(content.encode()).hexdigest()
    assert sum(map(len, Bindings.from_text(content).stores.values())) == 80
    assert named["object"] in policy(told, "prod-etl")
    assert named["object"] not in policy(told, f"prod-etl/make-{name}7")


# --- schedules ------------------------------------------------------------------------------------


def test_a_schedule_that_skips_starts_a_machine_that_looks_first(env: Make) -> None:
    skips = Schedule(cron="0 6 * * mon-fri", timezone="Europe/Berlin")
    told = shown(env, wish=Wish(skips))
    found = properties(told, "Schedule", "prod-etl/schedule")
    assert found["scheduleExpression"] == "cron(0 6 ? * MON-FRI *)"
    assert found["scheduleExpressionTimezone"] == "Europe/Berlin"
    assert json.loads(found["target"]["input"]) == {"scheduled": "<aws.scheduler.scheduled-time>"}
    assert ":stateMachine:etl-prod-unless-it-runs" in policy(told, "prod-etl:schedule")
    looks = json.loads(properties(told, "StateMachine", "prod-etl:idle")["definition"])
    assert problems_of(looks) == []


def test_schedules_of_the_environment_start_the_pipeline_too(env: Make) -> None:
    def declare(home: Environment) -> Pipeline:
        home.schedule("nightly", cron="30 2 * * *", overlap="allow")
        return flow(home)

    told = shown(env, declare)
    found = properties(told, "Schedule", "prod-etl/nightly")
    assert (found["name"], found["target"]["input"]) == ("nightly", "{}")
    assert ("StateMachine", "prod-etl:idle") not in told.by_type
    assert ':stateMachine:etl-prod"' in policy(told, "prod-etl:schedule")


def test_what_looks_first_is_a_machine_of_its_own() -> None:
    machine = idle_machine("looks", "etl-prod", Account("123456789012", "cn-north-1"))
    assert "arn:aws-cn:states" in json.dumps(machine.definition)


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("* * * * *", "cron(* * * * ? *)"),
        ("*/15 8-18 * * *", "cron(0,15,30,45 8-18 * * ? *)"),
        ("0 0 * * 0", "cron(0 0 ? * SUN *)"),
        ("0 0 * * 7", "cron(0 0 ? * SUN *)"),
        ("0 0 * * fri-sun", "cron(0 0 ? * SUN,FRI-SAT *)"),
        ("0 0 1,15 jan-mar *", "cron(0 0 1,15 1-3 ? *)"),
        ("@monthly", "cron(0 0 1 * ? *)"),
    ],
)
def test_cron_as_eventbridge_writes_it(cron: str, expected: str) -> None:
    assert cron_expression(cron) == expected


@given(st.sets(st.integers(0, 59), min_size=1), st.sets(st.integers(0, 6), min_size=1))
def test_no_minute_and_no_weekday_is_lost(minutes: set[int], weekdays: set[int]) -> None:
    text = f"{','.join(map(str, minutes))} 0 * * {','.join(map(str, weekdays))}"
    found = cron_expression(text)[len("cron(") : -1].split()
    back = f"{found[0]} 0 * * {'*' if found[4] == '?' else found[4]}"
    assert parse_cron(back, where="here") == parse_cron(text, where="here")


# --- what cannot be -------------------------------------------------------------------------------


def kept(storage: object, **more: Any) -> Callable[[Environment], Pipeline]:
    def declare(env: Environment) -> Pipeline:
        pipeline, taken = Pipeline("etl"), storage(env) if callable(storage) else storage
        raw = Dataset("raw", storage=taken)
        made = Dataset("made")

        @pipeline.task(**more)
        def read(rows: raw) -> made:
            return rows

        return pipeline

    return declare


@pytest.mark.parametrize(
    ("storage", "reason"),
    [
        (lambda env: env.database("shop"), "is kept in database 'shop'"),
        (Database("shop", url="postgresql://host/shop"), "is kept in database 'shop'"),
        (ObjectStorage("lake"), r"declare env.object_storage\('lake'\)"),
        (ObjectStorage("lake", url="gs://lake"), "is kept at gs://lake"),
        (External("landing/*.json"), "a file of this machine"),
        (lambda env: env.object_storage("lake", encryption="alias/mine"), "id or ARN"),
    ],
)
def test_data_that_functions_could_not_reach_are_refused_by_name(
    env: Make, storage: object, reason: str
) -> None:
    with pytest.raises(CannotDeploy, match=rf"dataset 'raw' \(.*{reason}"):
        deployed(env, kept(storage))


def deployed(make: Make, declare: Callable[[Environment], Pipeline], **more: Any) -> None:
    """As in a deployment, which refuses what a synthesis warns of."""

    def program() -> None:
        home, current = make(**more), session()
        assert current is not None
        current.packs = True
        register_pipeline(home, declare(home), Wish(), target=__file__)

    registered(program)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"compute": Serverless(memory=20_000)}, "asks for 20000 MiB"),
        ({"compute": Serverless(cpu=8)}, "5.8 processors"),
        ({"compute": Serverless(timeout=901)}, r"asks for 901 s \(compute=\)"),
        ({"timeout": 3600}, r"asks for 3600 s \(timeout=\)"),
    ],
)
def test_more_than_lambda_has_is_refused_by_name(
    env: Make, options: dict[str, Any], reason: str
) -> None:
    declare = kept(External("s3://landing/raw/*.json"), **options)
    with pytest.raises(CannotDeploy, match=rf"task 'read' .*{reason}"):
        deployed(env, declare)


def test_a_secret_that_is_not_declared_and_days_with_weekdays_are_told_together(env: Make) -> None:
    def declare(home: Environment) -> Pipeline:
        home.schedule("odd", cron="0 0 1 * mon")
        pipeline, made = Pipeline("etl"), Dataset("made")

        @pipeline.task
        def read(key: Annotated[str, Secret("crm-key")]) -> made:
            return key

        return pipeline

    with pytest.raises(CannotDeploy) as raised:
        deployed(env, declare)
    assert "env.secret('crm-key')" in str(raised.value)
    assert "schedule 'odd'" in str(raised.value)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"architectur": "arm64"}, UnknownOption),
        ({"architecture": "sparc"}, InvalidOption),
        ({"python": "3.8"}, InvalidOption),
        ({"log_days": 31}, InvalidOption),
        ({"workspace_days": 0}, InvalidOption),
        ({"alarm_topic": "ops"}, InvalidOption),
    ],
)
def test_options_are_checked(env: Make, options: dict[str, Any], error: type[GlacierError]) -> None:
    with pytest.raises(error):
        shown(env, wish=Wish(options=options))
