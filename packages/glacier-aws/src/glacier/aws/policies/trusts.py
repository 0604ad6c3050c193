"""Who may take a role: one service, for this account alone where it says for whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from glacier.aws.policies.documents import Document, document_of

if TYPE_CHECKING:
    from glacier.aws.account import Account

__all__ = ["function_trust", "machine_trust", "scheduler_trust"]


def function_trust() -> Document:
    """The trust policy of the role of a function.

    Lambda does not say for which function or account it takes a role, so there is no condition.
    """
    return _trust("lambda", {})


def machine_trust(account: Account) -> Document:
    """The trust policy of the role of a state machine."""
    source = f"arn:{account.partition}:states:{account.region}:{account.account}:stateMachine:*"
    return _trust("states", _source(source, account))


def scheduler_trust(account: Account, *, group: str = "default") -> Document:
    """The trust policy of the role of a schedule, which EventBridge takes for its group."""
    stem = f"arn:{account.partition}:scheduler:{account.region}:{account.account}"
    return _trust("scheduler", _source(f"{stem}:schedule-group/{group}", account))


def _source(arn: str, account: Account) -> Mapping[str, Any]:
    operator = "ArnLike" if arn.endswith("*") else "ArnEquals"
    return {
        "StringEquals": {"aws:SourceAccount": account.account},
        operator: {"aws:SourceArn": arn},
    }


def _trust(service: str, condition: Mapping[str, Any]) -> Document:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    return document_of([{**statement, "Condition": condition} if condition else statement])
