"""Policies of IAM, and what they say about an action: denied unless allowed, and a deny wins."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, Optional

__all__ = ["Asked", "Who", "listed", "trusts", "verdict"]


class Asked(NamedTuple):
    """One thing that a request wants to do; ``context`` has keys in lower case."""

    action: str
    resource: str
    context: Mapping[str, str] = {}


class Who(NamedTuple):
    """Who asks: a session of a role."""

    arn: str
    role: str


def listed(value: Any) -> list[Any]:
    """What JSON policies write as one thing or as a list of things."""
    return value if isinstance(value, list) else [value]


@lru_cache(maxsize=None)
def _pattern(text: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(one, re.escape(one)) for one in text), re.DOTALL)


def _like(pattern: str, value: str) -> bool:
    return _pattern(pattern).fullmatch(value) is not None


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": lambda wanted, found: wanted.lower() == found.lower(),
    "NumericEquals": lambda wanted, found: float(found) == float(wanted),
    "NumericLessThanEquals": lambda wanted, found: float(found) <= float(wanted),
    "StringEquals": lambda wanted, found: wanted == found,
    "StringEqualsIgnoreCase": lambda wanted, found: wanted.lower() == found.lower(),
    "StringLike": _like,
}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _holds(operator: str, key: str, wanted: Any, context: Mapping[str, str]) -> bool:
    found = context.get(key.lower())
    values = [_text(one) for one in listed(wanted)]
    if operator == "Null":
        return (found is None) == (values[0] == "true")
    base = operator.removesuffix("IfExists")
    positive = re.sub("Not(?=Equals|Like)", "", base)
    if positive not in _OPERATORS:
        raise NotImplementedError(f"the stand knows no operator {operator} of IAM's conditions")
    if found is None:
        return base != operator or positive != base
    met: bool = any(_OPERATORS[positive](one, found) for one in values)
    return met if positive == base else not met


def _conditions_hold(statement: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    return all(
        _holds(operator, key, wanted, context)
        for operator, keys in statement.get("Condition", {}).items()
        for key, wanted in keys.items()
    )


def _concerns(statement: Mapping[str, Any], who: Who, account: str) -> bool:
    """Whether a statement of a resource's policy is about who asks."""
    principal = statement.get("Principal", {})
    if principal == "*":
        return True
    names = {who.arn, who.role, account, f"arn:aws:iam::{account}:root", "*"}
    return any(one in names for one in listed(principal.get("AWS", [])))


def _matches(statement: Mapping[str, Any], asked: Asked) -> bool:
    for name, wanted, found in (
        ("Action", asked.action.lower(), str.lower),
        ("Resource", asked.resource, str),
    ):
        if name in statement:
            if not any(_like(found(one), wanted) for one in listed(statement[name])):
                return False
        elif f"Not{name}" in statement:
            if any(_like(found(one), wanted) for one in listed(statement[f"Not{name}"])):
                return False
    return _conditions_hold(statement, asked.context)


def verdict(
    policies: Iterable[Mapping[str, Any]],
    asked: Asked,
    *,
    who: Optional[Who] = None,
    account: str = "",
) -> Optional[bool]:
    """``False`` if a statement denies, ``True`` if one allows, ``None`` if none says anything.

    With ``who`` they are policies of a resource, whose statements name principals.
    """
    allowed: Optional[bool] = None
    for policy in policies:
        for statement in listed(policy["Statement"]):
            if who is not None and not _concerns(statement, who, account):
                continue
            if _matches(statement, asked):
                if statement["Effect"] == "Deny":
                    return False
                allowed = True
    return allowed


def trusts(policy: Mapping[str, Any], service: str, context: Mapping[str, str]) -> bool:
    """Whether a role's trust policy lets a service of AWS take the role."""
    found = False
    for statement in listed(policy.get("Statement", [])):
        principal = statement.get("Principal", {})
        services = listed(principal.get("Service", [])) if isinstance(principal, dict) else []
        if service in services and "sts:AssumeRole" in listed(statement.get("Action", [])):
            if _conditions_hold(statement, context):
                if statement["Effect"] == "Deny":
                    return False
                found = True
    return found
