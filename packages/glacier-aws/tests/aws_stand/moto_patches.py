"""What moto 5.2.5 lacks or does otherwise than AWS, mended one by one.

Each has a test of its own in test_moto_patches.py, which fails as soon as moto needs it no more
or has moved what is replaced here.
"""

from __future__ import annotations

import base64
import json
import threading
import uuid
from collections.abc import Callable
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from aws_stand.account import assume
from aws_stand.facts import ACCOUNT
from aws_stand.functions import Functions
from aws_stand.sandbox import Result

__all__ = ["PATCHES", "patch"]


def patch(functions: Functions, *, endpoint: str, region: str) -> Callable[[], None]:
    """Mend all of it, before moto's interpreter of state machines is imported.

    Returns what forgets the credentials of state machines.
    """
    clients = _Clients(endpoint, region)
    for mend in PATCHES:
        mend(functions, clients)
    return clients.clear


class _Clients:
    """The clients of state machines, under the credentials of their roles."""

    def __init__(self, endpoint: str, region: str) -> None:
        self._endpoint, self._region = endpoint, region
        self._lock = threading.Lock()
        self._made: dict[tuple[str, str], Any] = {}

    def __call__(self, region: str, service: str, state_credentials: Any = None) -> Any:
        role = str(state_credentials.role_arn)
        with self._lock:
            if (role, service) not in self._made:
                self._made[role, service] = self._make(role, service)
            return self._made[role, service]

    def clear(self) -> None:
        with self._lock:
            self._made.clear()

    def _make(self, role: str, service: str) -> Any:
        made = assume(
            role,
            region=self._region,
            name="states",
            service="states.amazonaws.com",
            source=_machine_with(role, self._region),
        )
        config = Config(
            parameter_validation=False,
            retries={"total_max_attempts": 1},
            read_timeout=900,
            max_pool_connections=50,
        )
        return boto3.client(
            service,
            region_name=self._region,
            endpoint_url=self._endpoint,
            aws_access_key_id=made.key,
            aws_secret_access_key=made.secret,
            aws_session_token=made.token,
            config=config,
        )


def _machine_with(role: str, region: str) -> str:
    """The ARN of the state machine that has a role."""
    from moto.stepfunctions.parser.models import stepfunctions_parser_backends

    machines = stepfunctions_parser_backends[ACCOUNT][region].state_machines
    return next((str(one.arn) for one in machines if one.roleArn == role), "")


def run_functions(functions: Functions, clients: _Clients) -> None:
    """moto answers an invocation with what the function was sent; here it runs."""
    from moto.awslambda_simple.models import LambdaSimpleBackend

    def invoke(self: Any, name: str, qualifier: Any, body: Any, _: Any, headers: Any) -> bytes:
        function = self.get_function(name, qualifier)
        payload = body.encode() if isinstance(body, str) else body
        result: Result = functions.invoke(function, payload or b"{}")
        headers["x-amz-log-result"] = base64.b64encode(result.log[-4096:].encode()).decode()
        if result.error:
            headers["x-amz-function-error"] = "Unhandled"
        headers["Content-Length"] = str(len(result.body))
        return result.body

    backend: Any = LambdaSimpleBackend
    backend.invoke = invoke


def sign_as_the_role(functions: Functions, clients: _Clients) -> None:
    """moto's interpreter signs with a key that IAM does not know; here with its role's."""
    import moto.stepfunctions.parser.asl.utils.boto_client as module

    module.boto_client_for = clients


def name_members(functions: Functions, clients: _Clients) -> None:
    """moto leaves the members of requests and answers as the state machine writes them.

    ``states:startExecution.sync:2`` needs them as the service writes them: ``stateMachineArn``.
    """
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
        state_task_service as module,
    )

    service: Any = module.StateTaskService
    session = botocore.session.Session()

    def operation(self: Any, name: Any, action: Any) -> Any:
        name = name or self._get_boto_service_name()
        model = session.get_service_model({"states": "stepfunctions"}.get(name, name))
        wanted = (action or self._get_boto_service_action()).replace("_", "").lower()
        found = [one for one in model.operation_names if one.lower() == wanted]
        return model.operation_model(found[0]) if found else None

    def request(
        self: Any, parameters: Any, boto_service_name: Any = None, service_action_name: Any = None
    ) -> None:
        found = operation(self, boto_service_name, service_action_name)
        if found is not None and found.input_shape is not None:
            self._to_boto_request(parameters, found.input_shape)

    def response(
        self: Any, response: Any, boto_service_name: Any = None, service_action_name: Any = None
    ) -> None:
        found = operation(self, boto_service_name, service_action_name)
        if isinstance(response, dict):
            response.pop("ResponseMetadata", None)
            if found is not None and found.output_shape is not None:
                self._from_boto_response(response, found.output_shape)

    service._normalise_parameters = request
    service._normalise_response = response


def name_executions(functions: Functions, clients: _Clients) -> None:
    """moto calls every execution "None" that is started without a name, and so refuses a second."""
    from moto.stepfunctions.parser.models import StepFunctionsParserBackend

    backend: Any = StepFunctionsParserBackend
    whole: Callable[..., Any] = backend.start_execution

    def start(self: Any, arn: str, name: Any = None, *rest: Any, **more: Any) -> Any:
        return whole(self, arn, name or str(uuid.uuid4()), *rest, **more)

    backend.start_execution = start


def ask_no_bucket(functions: Functions, clients: _Clients) -> None:
    """moto denies what a bucket's policy denies under a condition; the authoriser knows better."""
    from moto.iam.access_control import PermissionResult
    from moto.s3.models import FakeBucket

    def permission(self: Any, action: str, resource: str) -> Any:
        return PermissionResult.NEUTRAL

    bucket: Any = FakeBucket
    bucket.get_permission = permission


def know_policies_of_aws(functions: Functions, clients: _Clients) -> None:
    """moto knows all policies that AWS manages, or none: all of them take seconds at each reset."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data
    from moto.iam.models import AWSManagedPolicy, IAMBackend

    backend: Any = IAMBackend
    whole: Callable[..., Any] = backend.attach_role_policy
    known: dict[str, Any] = {}

    def attach(self: Any, policy_arn: str, role_name: str) -> Any:
        of_aws = policy_arn.startswith("arn:aws:iam::aws:policy/")
        if of_aws and policy_arn not in self.managed_policies:
            known.update(known or json.loads(aws_managed_policies_data))
            name = policy_arn.rpartition("/")[2]
            if name in known:
                made = AWSManagedPolicy.from_data(
                    name, self.account_id, self.region_name, known[name]
                )
                self.managed_policies[policy_arn] = made
        return whole(self, policy_arn, role_name)

    backend.attach_role_policy = attach


PATCHES = (
    run_functions,
    sign_as_the_role,
    name_members,
    name_executions,
    ask_no_bucket,
    know_policies_of_aws,
)
