"""How the stands read policies and requests."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from aws_stand.actions import Request, asked_by
from aws_stand.policies import Asked, Who, trusts, verdict
from hypothesis import given
from hypothesis import strategies as st

OBJECT = "arn:aws:s3:::lake/raw/a.json"


def allow(action: Any = "s3:GetObject", resource: Any = "*", **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (allow(), True),
        (allow("S3:getobject"), True),
        (allow("s3:Get*"), True),
        (allow(["s3:PutObject", "s3:GetObject"]), True),
        (allow("s3:PutObject"), None),
        (allow(resource="arn:aws:s3:::lake/raw/*"), True),
        (allow(resource="arn:aws:s3:::lake/ra?/*"), True),
        (allow(resource="arn:aws:s3:::lake/RAW/*"), None),
        (allow(resource="arn:aws:s3:::lake/raw"), None),
        (allow(resource="arn:aws:s3:::lake/raw.*"), None),
        (allow(Effect="Deny"), False),
        (allow(Condition={"StringEquals": {"s3:prefix": "raw/"}}), None),
        (allow(Condition={"StringNotEquals": {"s3:prefix": "raw/"}}), True),
        (allow(Condition={"StringEqualsIfExists": {"s3:prefix": "raw/"}}), True),
        (allow(Condition={"Null": {"s3:prefix": "true"}}), True),
        (allow(Condition={"Bool": {"aws:SecureTransport": False}}), None),
        (allow(Condition={"Bool": {"aws:SecureTransport": "true"}}), True),
    ],
)
def test_a_policy_says(policy: Any, expected: Optional[bool]) -> None:
    asked = Asked("s3:GetObject", OBJECT, {"aws:securetransport": "true"})
    assert verdict([policy], asked) is expected
    deny = allow(Effect="Deny")
    assert verdict([policy, deny], asked) is verdict([deny, policy], asked) is False


def test_an_operator_that_nobody_knows_is_an_error() -> None:
    policy = allow(Condition={"DateGreaterThan": {"aws:CurrentTime": "2026-01-01"}})
    with pytest.raises(NotImplementedError, match="DateGreaterThan"):
        verdict([policy], Asked("s3:GetObject", OBJECT))


names = st.text("ab/.[]", max_size=4)


@given(names, names, names)
def test_stars_and_nothing_else_are_patterns(before: str, after: str, other: str) -> None:
    def matches(pattern: str, name: str) -> bool:
        return verdict([allow(resource=pattern)], Asked("s3:GetObject", name)) is True

    assert matches(before, other) == (before == other)
    starts_and_ends = other.startswith(before) and other.endswith(after)
    fits = starts_and_ends and len(other) >= len(before) + len(after)
    assert matches(f"{before}*{after}", other) == fits


@pytest.mark.parametrize(
    ("principal", "concerned"),
    [
        ("*", True),
        ({"AWS": "*"}, True),
        ({"AWS": ["arn:aws:iam::1:role/a"]}, True),
        ({"AWS": "1"}, True),
        ({"AWS": "arn:aws:iam::1:role/b"}, False),
        ({"Service": "lambda.amazonaws.com"}, False),
    ],
)
def test_a_bucket_speaks_to_principals(principal: Any, concerned: bool) -> None:
    who = Who("arn:aws:sts::1:assumed-role/a/s", "arn:aws:iam::1:role/a")
    policy = allow(Principal=principal)
    found = verdict([policy], Asked("s3:GetObject", OBJECT), who=who, account="1")
    assert found is (True if concerned else None)


def test_a_role_is_taken_by_the_service_that_it_trusts() -> None:
    principal = {"Service": ["lambda.amazonaws.com"]}
    policy = allow("sts:AssumeRole", Principal=principal)
    assert trusts(policy, "lambda.amazonaws.com", {})
    assert not trusts(policy, "states.amazonaws.com", {})
    assert not trusts({}, "lambda.amazonaws.com", {})
    source = {"StringEquals": {"aws:SourceAccount": "1"}}
    careful = allow("sts:AssumeRole", Principal=principal, Condition=source)
    assert trusts(careful, "lambda.amazonaws.com", {"aws:sourceaccount": "1"})
    assert not trusts(careful, "lambda.amazonaws.com", {"aws:sourceaccount": "2"})


def request(method: str, path: str, service: str = "s3", **more: Any) -> Request:
    whole = {"query": {}, "headers": {}, "body": b"", **more}
    return Request(service=service, region="eu-central-1", method=method, path=path, **whole)


@pytest.mark.parametrize(
    ("asked", "action", "resource"),
    [
        (request("GET", "/lake/raw/a.json"), "s3:GetObject", OBJECT),
        (request("HEAD", "/lake/raw%2Fa.json"), "s3:GetObject", OBJECT),
        (request("PUT", "/lake/raw/a.json"), "s3:PutObject", OBJECT),
        (request("DELETE", "/lake/raw/a.json"), "s3:DeleteObject", OBJECT),
        (
            request("DELETE", "/lake/raw/a.json", query={"uploadId": ["1"]}),
            "s3:AbortMultipartUpload",
            OBJECT,
        ),
        (request("GET", "/lake", query={"prefix": [""]}), "s3:ListBucket", "arn:aws:s3:::lake"),
        (
            request("PUT", "/lake", query={"policy": [""]}),
            "s3:PutBucketPolicy",
            "arn:aws:s3:::lake",
        ),
        (request("GET", "/"), "s3:ListAllMyBuckets", "*"),
        (
            request("POST", "/2015-03-31/functions/clean/invocations", "lambda"),
            "lambda:InvokeFunction",
            "arn:aws:lambda:eu-central-1:123456789012:function:clean",
        ),
        (
            request(
                "POST",
                "/",
                "states",
                headers={"x-amz-target": "AWSStepFunctions.StartExecution"},
                body=b'{"stateMachineArn": "arn:aws:states:eu-central-1:1:stateMachine:a"}',
            ),
            "states:StartExecution",
            "arn:aws:states:eu-central-1:1:stateMachine:a",
        ),
        (
            request("POST", "/", "sts", body=b"Action=AssumeRole&RoleArn=arn%3Arole"),
            "sts:AssumeRole",
            "arn:role",
        ),
    ],
)
def test_a_request_asks_for(asked: Request, action: str, resource: str) -> None:
    (found,) = asked_by(asked)
    assert (found.action, found.resource) == (action, resource)
    assert found.context["aws:securetransport"] == "true"


def test_a_copy_reads_its_source() -> None:
    copied = request("PUT", "/lake/b", headers={"x-amz-copy-source": "/lake/raw/a.json"})
    found = [(one.action, one.resource) for one in asked_by(copied)]
    assert found == [("s3:PutObject", "arn:aws:s3:::lake/b"), ("s3:GetObject", OBJECT)]
