"""What moto knows of the account: sessions of roles, their policies, buckets, keys, secrets.

It is read where moto keeps it, in the process of its server.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, Optional

from moto.iam.models import iam_backends
from moto.s3.models import s3_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sts.models import sts_backends

from aws_stand.facts import ACCOUNT, Keys
from aws_stand.policies import Asked, Who, trusts, verdict

__all__ = [
    "NotTrusted",
    "Session",
    "allowed",
    "assume",
    "denied_to_all",
    "exact",
    "holds",
    "service_session",
    "session",
]


class Session(NamedTuple):
    """Somebody who has taken a role; ``boundary`` is its permissions boundary, if it has one."""

    who: Who
    policies: tuple[Mapping[str, Any], ...]
    boundary: Optional[Mapping[str, Any]]


class NotTrusted(Exception):
    """A service of AWS may not take a role; AWS's own words."""


def _document(text: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(text) if isinstance(text, str) else text
    return found


def _current(policy: Any) -> Mapping[str, Any]:
    """What a managed policy says in the version that counts."""
    kept = {one.version_id: one for one in policy.versions}
    return _document(kept[policy.default_version_id].document)


def assume(role: str, *, region: str, name: str, service: str = "", source: str = "") -> Keys:
    """Take a role; for a service of AWS only if the role's trust policy names it.

    ``source`` is the ARN for which the service says that it takes the role, if it says so.
    """
    found = iam_backends[ACCOUNT]["aws"].get_role_by_arn(role)
    if service:
        context = {"aws:sourceaccount": ACCOUNT, "aws:sourcearn": source} if source else {}
        if not trusts(_document(found.assume_role_policy_document), service, context):
            raise NotTrusted(f"The role {role} cannot be assumed by {service}.")
    made = sts_backends[ACCOUNT]["aws"].assume_role(
        region_name=region,
        role_session_name=name,
        role_arn=role,
        policy="",
        duration=3600,
        external_id="",
    )
    return Keys(made.access_key_id, made.secret_access_key, made.session_token)


def session(key: str) -> Optional[Session]:
    """Whose access key this is; ``None`` if it is nobody's."""
    for one in reversed(sts_backends[ACCOUNT]["aws"].assumed_roles):
        if one.access_key_id == key:
            return _session(one.arn, one.role_arn)
    return None


def service_session(role: str, name: str) -> Session:
    """What a session of a role would be, which a service of AWS has not begun."""
    whole = role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")
    return _session(f"{whole}/{name}", role)


def _session(arn: str, role: str) -> Session:
    iam = iam_backends[ACCOUNT]["aws"]
    found = iam.get_role_by_arn(role)
    own = [_document(text) for text in found.policies.values()]
    attached = [_current(made) for made in found.managed_policies.values()]
    boundary = None
    if found.permissions_boundary_arn:
        boundary = _current(iam.get_policy(found.permissions_boundary_arn))
    return Session(Who(arn, role), (*own, *attached), boundary)


def _bucket(resource: str) -> Any:
    name = resource.partition(":::")[2].partition("/")[0]
    return s3_backends[ACCOUNT]["aws"].buckets.get(name)


def _of_bucket(asked: Asked, who: Who) -> Optional[bool]:
    """What the policy of a bucket says."""
    bucket = _bucket(asked.resource) if asked.action.startswith("s3:") else None
    if bucket is None or not bucket.policy:
        return None
    return verdict([_document(bucket.policy.decode())], asked, who=who, account=ACCOUNT)


def allowed(who: Session, asked: Asked) -> bool:
    """Whether the role's policies, its boundary and the policy of the bucket allow an action."""
    if asked.action == "sts:GetCallerIdentity":
        return True
    context = {**asked.context, "aws:principalarn": who.who.role, "aws:principalaccount": ACCOUNT}
    asked = asked._replace(context=context)
    if who.boundary is not None and verdict([who.boundary], asked) is not True:
        return False
    says = (verdict(who.policies, asked), _of_bucket(asked, who.who))
    return True in says and False not in says


def denied_to_all(asked: Asked) -> bool:
    """Whether a bucket denies to its owner too what is asked about one of its objects."""
    root = f"arn:aws:iam::{ACCOUNT}:root"
    return "/" in asked.resource and _of_bucket(asked, Who(root, root)) is False


def exact(asked: Asked, *, region: str) -> list[Asked]:
    """An action with the full ARN of a secret, and with what the key of a bucket needs."""
    if asked.action.startswith("secretsmanager:"):
        name = asked.resource.partition(":secret:")[2]
        kept = secretsmanager_backends[ACCOUNT][region].secrets.get(name)
        return [asked if kept is None else asked._replace(resource=kept.arn)]
    if asked.action in ("s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"):
        key = _key(_bucket(asked.resource))
        if key:
            action = "kms:GenerateDataKey" if asked.action == "s3:PutObject" else "kms:Decrypt"
            return [asked, Asked(action, key, {"kms:viaservice": f"s3.{region}.amazonaws.com"})]
    return [asked]


def _key(bucket: Any) -> str:
    """The KMS key with which a bucket encrypts, if it is not S3's own."""
    rule = ((getattr(bucket, "encryption", None) or {}).get("Rule")) or {}
    rule = rule[0] if isinstance(rule, list) else rule
    return str(rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID") or "")


def holds(resource: str) -> bool:
    """Whether a bucket has an object, by its ARN."""
    bucket, key = _bucket(resource), resource.partition(":::")[2].partition("/")[2]
    return bucket is not None and bucket.keys.get(key) is not None
