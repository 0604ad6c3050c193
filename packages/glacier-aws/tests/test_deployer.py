"""What who deploys must be allowed: from what a synthesis registers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from glacier.aws.deployer.policies import deployer_policies
from glacier.aws.deployer.table import NEEDS
from glacier.core.cli.app import app
from glacier.core.contracts.providers import Location, Registered

HERE = Location("aws", "123456789012", "eu-central-1")
FLOW = """
from glacier.aws import AWSProvider
from glacier.core import Dataset, Environment, Pipeline

env = Environment(
    AWSProvider(account="123456789012", region="eu-central-1"{more}), "prod"
)
lake = env.object_storage("lake")
env.secret("crm-key")
env.database("shop")
env.schedule("daily", cron="0 6 * * *")
pipeline = Pipeline("shop")
raw, total = Dataset("raw", storage=lake), Dataset("total")

@pipeline.task
def extract() -> raw:
    return [1]

@pipeline.task
def add(rows: raw) -> total:
    return sum(rows)
"""


def glacier(*args: str) -> Result:
    return CliRunner().invoke(app, list(args), catch_exceptions=False)


@pytest.fixture
def flow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[dict[str, Any]]]:
    """The policies for a pipeline; ``more`` are further options of its provider."""
    pytest.importorskip("pulumi_aws")
    monkeypatch.chdir(tmp_path)

    def policies(more: str = "") -> list[dict[str, Any]]:
        (tmp_path / "flow.py").write_text(FLOW.format(more=more))
        done = glacier("permissions", "flow.py", "--deployer", "--json")
        assert done.exit_code == 0, done.output
        told = json.loads(done.stdout)
        assert told["unknown"] == []
        return list(told["policies"])

    return policies


def statements(documents: list[dict[str, Any]], action: str) -> Iterator[Mapping[str, Any]]:
    return (
        one
        for document in documents
        for one in document["Statement"]
        if any(fnmatchcase(action, known) for known in one["Action"])
    )


def resources(documents: list[dict[str, Any]], action: str) -> set[str]:
    return {arn for one in statements(documents, action) for arn in one["Resource"]}


def test_each_action_is_allowed_on_what_is_registered_alone(flow: Callable[..., Any]) -> None:
    documents = flow()
    assert resources(documents, "lambda:CreateFunction") == {
        "arn:aws:lambda:eu-central-1:123456789012:function:shop-prod-add",
        "arn:aws:lambda:eu-central-1:123456789012:function:shop-prod-begin-run-7b46f501",
        "arn:aws:lambda:eu-central-1:123456789012:function:shop-prod-extract",
    }
    buckets = resources(documents, "s3:CreateBucket")
    assert len(buckets) == 2
    assert resources(documents, "s3:PutBucketPolicy") == buckets
    written = resources(documents, "s3:PutObject")
    assert {arn.partition("/")[2] for arn in written} == {
        "_deployed/shop.json",
        "_deployed/shop/bindings.json",
        "_deployed/shop/code.zip",
    }
    assert resources(documents, "secretsmanager:UpdateSecret") == {
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/prod/crm-key-??????"
    }
    assert resources(documents, "secretsmanager:GetSecretValue") == set()
    assert resources(documents, "s3:GetObject") == written  # no data


def test_nothing_is_allowed_on_everything_but_what_has_no_resource(
    flow: Callable[..., Any],
) -> None:
    wide = {
        action
        for document in flow()
        for one in document["Statement"]
        if "*" in one["Resource"]
        for action in one["Action"]
    }
    assert wide == {"states:ValidateStateMachineDefinition"}


def test_roles_are_handed_to_the_services_that_take_them_alone(flow: Callable[..., Any]) -> None:
    (passing,) = statements(flow(), "iam:PassRole")
    assert passing["Action"] == ["iam:PassRole"]
    assert passing["Condition"]["StringEquals"]["iam:PassedToService"] == [
        "lambda.amazonaws.com", "scheduler.amazonaws.com", "states.amazonaws.com",
    ]  # fmt: skip


def test_with_a_boundary_no_role_is_made_without_it(flow: Callable[..., Any]) -> None:
    boundary = "arn:aws:iam::123456789012:policy/limits"
    documents = flow(f', permissions_boundary="{boundary}"')
    for action in ("iam:CreateRole", "iam:PutRolePolicy"):
        for one in statements(documents, action):
            assert one["Condition"] == {"StringEquals": {"iam:PermissionsBoundary": boundary}}
    assert all("Condition" not in one for one in statements(documents, "iam:DeleteRole"))


def test_policies_are_small_enough_to_be_managed(flow: Callable[..., Any]) -> None:
    rows = [
        Registered("aws:lambda/function:Function", f"f{n}", properties={"name": f"shop-prod-f{n}"})
        for n in range(500)
    ]
    documents, unknown = deployer_policies(rows, HERE)
    assert not unknown
    sizes = [len(json.dumps(one, separators=(",", ":"))) for one in documents]
    assert max(sizes) <= 6144
    assert len(resources(list(documents), "lambda:CreateFunction")) == 500  # type: ignore[arg-type]


def test_what_is_not_in_the_table_is_named() -> None:
    rows = [Registered("aws:sqs/queue:Queue", "jobs"), Registered("glacier:aws:Pipeline", "shop")]
    assert deployer_policies(rows, HERE) == ([], ["aws:sqs/queue:Queue jobs"])


def test_a_name_that_only_the_cloud_will_know_is_any() -> None:
    rows = [Registered("aws:iam/role:Role", "r", properties={"name": "<computed>"})]
    (document,) = deployer_policies(rows, Location("aws", "123456789012", "cn-north-1")).documents
    assert resources([dict(document)], "iam:CreateRole") == {"arn:aws-cn:iam::123456789012:role/*"}


def test_actions_have_the_form_of_actions() -> None:
    for needs in NEEDS.values():
        for need in needs:
            assert len(set(need.actions)) == len(need.actions)
            assert list(need.actions) == sorted(need.actions)
            assert all(one.count(":") == 1 and "*" not in one for one in need.actions)


def test_the_command_shows_what_tasks_may_do_too(flow: Callable[..., Any]) -> None:
    flow()
    shown = glacier("permissions", "flow.py").output
    assert any(
        "extract" in line and "write" in line and "raw" in line for line in shown.split("\n")
    )
    whole = glacier("permissions", "flow.py", "--deployer")
    assert '"Action"' in whole.output
