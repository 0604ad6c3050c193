"""What all parts of the stands agree on: whose account it is, and who asks in it."""

from __future__ import annotations

from typing import NamedTuple, Optional

__all__ = ["ACCOUNT", "OWNER", "REGION", "Decision", "Invocation", "Keys"]

ACCOUNT = "123456789012"
REGION = "eu-central-1"
# The access key of whoever owns the account: no policy is asked about it.
OWNER = "test"


class Decision(NamedTuple):
    """What IAM decided about one action; ``principal`` is the ARN of an assumed role, or ""."""

    principal: str
    action: str
    resource: str
    allowed: bool

    @property
    def role(self) -> str:
        """The name of the role that asked."""
        kind, _, rest = self.principal.rpartition(":")[2].partition("/")
        return rest.partition("/")[0] if kind == "assumed-role" else ""


class Invocation(NamedTuple):
    """One invocation of a function; ``error`` is the type of what it failed with, or ""."""

    function: str
    cold: bool
    seconds: float
    error: str


class Keys(NamedTuple):
    """What signs requests: the owner's, or those of a session of a role, which have a token."""

    key: str
    secret: str
    token: Optional[str]
