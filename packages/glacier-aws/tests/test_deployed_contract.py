"""The executor contract, kept by pipelines that are deployed on the stand.

Each pipeline of the suite has its state machine there. Their tasks are closures of tests, which no
file declares: one function serves all of them, and each call names the pickle of its pipeline.
"""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
from aws_stand.facts import ACCOUNT, REGION

import glacier.aws
import glacier.core
from glacier.aws import AWSExecutor, AWSProvider
from glacier.aws.account import Account
from glacier.aws.client.machine import StateMachine
from glacier.aws.machines import machines_of
from glacier.aws.names import Bucket
from glacier.aws.runtime import open_store
from glacier.core import Environment
from glacier.core.following.executor import Connection
from glacier.core.protocols import Bindings, BoundPlaces, Manifest, stages_of
from glacier.core.testing import ExecutorContract

cloudpickle: Any = pytest.importorskip("cloudpickle")
from contract_function import Pickler  # noqa: E402

WORKSPACE = "contract-workspace"
_HERE = Account(ACCOUNT, REGION)
_numbers = itertools.count(1)
_changed: list[Any] = []  # datasets, and how they were kept


def code() -> bytes:
    """Glacier as it is here, with what loads pipelines."""
    import obstore

    packages = {"glacier/core": glacier.core, "glacier/aws": glacier.aws}
    packages.update(obstore=obstore, cloudpickle=cloudpickle)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, package in packages.items():
            root = Path(str(package.__file__)).parent
            for path in sorted(root.rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts:
                    archive.write(path, f"{name}/{path.relative_to(root)}")
        archive.write(Path(__file__).with_name("contract_function.py"), "contract_function.py")
    return packed.getvalue()


def role(iam: Any, service: str) -> str:
    """The ARN of a role of a service, which may do everything: rights are tested apart."""
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": f"{service}.amazonaws.com"},
    }
    may = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    told = [json.dumps({"Version": "2012-10-17", "Statement": [one]}) for one in (trust, may)]
    made = iam.create_role(RoleName=service, AssumeRolePolicyDocument=told[0])
    iam.put_role_policy(RoleName=service, PolicyName="may", PolicyDocument=told[1])
    return str(made["Role"]["Arn"])


@pytest.fixture(scope="module")
def place(moto_process: Any) -> Iterator[Any]:
    """The stand with a workspace, the function of all tasks, and the role of all machines."""
    client = moto_process.client
    client("s3").create_bucket(
        Bucket=WORKSPACE, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    function = client("lambda").create_function(
        FunctionName="tasks",
        Role=role(client("iam"), "lambda"),
        Code={"ZipFile": code()},
        Runtime="python3.11",
        Handler="contract_function.handle",
        Timeout=20,
        MemorySize=1024,
        Environment={"Variables": {"WORKSPACE": f"s3://{WORKSPACE}"}},
    )
    yield moto_process, function["FunctionArn"], role(client("iam"), "states")
    moto_process.reset()


class Deploying(AWSExecutor):
    """Deploys what it executes."""

    def __init__(self, place: Any) -> None:
        env = Environment(AWSProvider(account=ACCOUNT, region=REGION), "prod")
        super().__init__(env, poll=0.05, history=False, check_plan=False)
        self.place = place
        self.manifest: Any = None

    def execute(self, pipeline: Any, **options: Any) -> Any:
        bound = self._bound(pipeline)
        self.deploy(bound.pipeline)
        return super().execute(pipeline, **options)

    def deploy(self, pipeline: Any) -> None:
        stand, function, conductor = self.place
        name = f"contract-{next(_numbers)}"
        key = f"_pickles/{name}"
        for dataset in pipeline.graph().datasets.values():
            _changed.append((dataset, dataset.keeping))
            pickled = dataset.keeping._replace(format="pickle")  # they hold any value
            object.__setattr__(dataset, "keeping", pickled)
        packed = io.BytesIO()
        Pickler(packed).dump(pipeline)
        data = packed.getvalue()
        stand.client("s3").put_object(Bucket=WORKSPACE, Key=key, Body=data)
        plan = pipeline.plan()
        (machine,) = machines_of(
            plan,
            stages_of(plan),
            environment="prod",
            account=_HERE,
            workspace=Bucket(WORKSPACE),
        )
        definition = _served(machine.definition, function, key)
        stand.client("stepfunctions").create_state_machine(
            name=name, definition=json.dumps(definition), roleArn=conductor
        )
        self.manifest = Manifest(
            pipeline.name, "prod", "", plan.to_json(), {}, {"workspace": f"s3://{WORKSPACE}"}, name
        )

    def connect(self, pipeline: str) -> Connection:
        places = BoundPlaces(Bindings(f"s3://{WORKSPACE}"), open_store)
        return Connection(StateMachine(self.session, self.manifest), self.manifest, places)


def _served(state: Any, function: str, key: str) -> Any:
    """A definition in which one function does everything."""
    if isinstance(state, list):
        return [_served(one, function, key) for one in state]
    if not isinstance(state, dict):
        return state
    found = {name: _served(one, function, key) for name, one in state.items()}
    if "FunctionName" in found:
        return {"FunctionName": function, "Payload": {**found["Payload"], "pickle": key}}
    if ":function:" in str(found.get("Resource")):  # called by its ARN
        found["Resource"] = function
        found["Parameters"] = {**found["Parameters"], "pickle": key}
    return found


@pytest.fixture(autouse=True)
def owner(place: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the owner of the stand be who runs the tests, and datasets be as they were afterwards."""
    for name, value in place[0].environ.items():
        monkeypatch.setenv(name, value)
    TestDeployed.place = place
    yield
    while _changed:
        dataset, keeping = _changed.pop()
        object.__setattr__(dataset, "keeping", keeping)


_ALL_AT_ONCE = "AWS calls all that is ready: a deployed run has neither concurrency= nor fail_fast="
_STAYS = "results stay in the workspace, whether anybody needs them or not: a run holds no values"
_GOES_ON = "who stops following leaves the run, which goes on: not all of it is told then"


class TestDeployed(ExecutorContract):
    gaps: ClassVar[Mapping[str, str]] = {
        "test_a_condition_that_is_neither_fails_the_task": "what no format holds is not handed on",
        "test_a_limit_for_what_is_not_there_is_refused": _ALL_AT_ONCE,
        "test_a_mapped_task_that_was_stopped_has_no_value": _ALL_AT_ONCE,
        "test_a_pause_ends_with_the_run_and_the_task_as_its_last_attempt_did": _GOES_ON,
        "test_a_run_goes_on_from_what_a_failed_one_left": _STAYS,
        "test_a_secret_is_read_just_before_the_call": "secrets are in Secrets Manager, not here",
        "test_a_task_of_a_higher_priority_begins_first": _ALL_AT_ONCE,
        "test_a_value_is_held_only_while_it_is_needed": _STAYS,
        "test_an_executor_serves_several_runs_and_runs_within_runs": "no executor is in a bundle",
        "test_an_interrupt_cancels_what_waits_and_the_run_is_told_of": _GOES_ON,
        "test_calls_with_a_limit_of_one_never_meet": _ALL_AT_ONCE,
        "test_fail_fast_cancels_what_has_not_started": _ALL_AT_ONCE,
        "test_it_fails_when_no_attempt_is_left": _STAYS,
        "test_what_waits_for_a_place_is_cancelled": _ALL_AT_ONCE,
    }
    place: ClassVar[Any] = None

    def make_executor(self, *, workers: int = 2, **options: Any) -> Any:
        if options:
            raise TypeError(_ALL_AT_ONCE)
        return Deploying(self.place)
