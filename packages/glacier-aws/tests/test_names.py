"""Names on AWS: within what it takes, each thing its own, ARNs for the account they are in."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from glacier.aws.account import Account
from glacier.aws.names import (
    begin_name,
    function_arn,
    function_name,
    log_arn,
    log_group,
    machine_arn,
    machine_name,
    role_name,
)

LETTERS = "abcABC019_-."
NAMES = st.text(LETTERS, min_size=1, max_size=128)


@given(NAMES, NAMES, NAMES)
def test_names_are_what_aws_takes(pipeline: str, environment: str, task: str) -> None:
    """Functions, roles and machines have names of letters, digits and hyphens, short enough."""
    for name in (
        function_name(pipeline, environment, task),
        role_name(pipeline, environment, task),
        begin_name(pipeline, environment),
    ):
        assert re.fullmatch(r"[a-z][a-z0-9-]{0,63}", name)
    for name in (machine_name(pipeline, environment), machine_name(pipeline, environment, 17)):
        assert re.fullmatch(r"[a-z][a-z0-9-]{0,79}", name)


@given(NAMES)
def test_no_task_is_called_as_the_function_that_begins(task: str) -> None:
    """Whatever a task is called, its function is another one."""
    assert function_name("etl", "prod", task) != begin_name("etl", "prod")


def test_arns_are_of_the_account() -> None:
    """ARNs hold partition, region and account."""
    account = Account("123456789012", "cn-north-1")
    stem = "arn:aws-cn:{}:cn-north-1:123456789012"
    assert function_arn("f", account) == f"{stem.format('lambda')}:function:f"
    assert machine_arn("m", account) == f"{stem.format('states')}:stateMachine:m"
    group = log_group("f")
    assert log_arn(group, account) == f"{stem.format('logs')}:log-group:/aws/lambda/f:*"
