"""Whether roles may do what they did and nothing more."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from aws_stand.facts import Decision
from aws_stand.policies import Asked, listed, verdict
from aws_stand.stand import Stand

__all__ = ["Allowance", "allowances", "unused"]


class Allowance(NamedTuple):
    """One action on one resource that a policy of a role allows."""

    role: str
    action: str
    resource: str


def allowances(stand: Stand) -> Iterator[Allowance]:
    """What the inline policies of all roles allow, one by one."""
    iam = stand.client("iam")
    for role in iam.list_roles()["Roles"]:
        name = role["RoleName"]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            found = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            document: Mapping[str, Any] = json.loads(found) if isinstance(found, str) else found
            for statement in listed(document["Statement"]):
                if statement["Effect"] == "Allow":
                    for action in listed(statement["Action"]):
                        for resource in listed(statement["Resource"]):
                            yield Allowance(name, action, resource)


# What AWS needs to watch and to stop executions. A run that ends well stops none, and on the stand
# nobody watches those of a distributed Map.
_NOT_SEEN = ("states:DescribeExecution", "states:StopExecution")


def unused(stand: Stand, trail: Iterable[Decision]) -> list[Allowance]:
    """What roles are allowed, and none of them did; but for watching and stopping executions."""
    done = {one for one in trail if one.allowed}
    left = []
    for one in allowances(stand):
        if one.action in _NOT_SEEN:
            continue
        statement = {"Effect": "Allow", "Action": one.action, "Resource": one.resource}
        document = {"Statement": [statement]}
        if not any(
            asked.role == one.role and verdict([document], Asked(asked.action, asked.resource))
            for asked in done
        ):
            left.append(one)
    return left
