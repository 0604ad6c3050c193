"""Which account and region: the settings of a provider, and what cannot be real in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, cast

from glacier.core.protocols import InvalidOption, nearest

__all__ = ["Account", "Network", "account_of"]

REGIONS = (
    "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
    "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3",
    "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-central-1",
    "ca-west-1", "cn-north-1", "cn-northwest-1", "eu-central-1", "eu-central-2", "eu-north-1",
    "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "il-central-1",
    "me-central-1", "me-south-1", "mx-central-1", "sa-east-1", "us-east-1", "us-east-2",
    "us-gov-east-1", "us-gov-west-1", "us-west-1", "us-west-2",
)  # fmt: skip
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_ROLE = re.compile(r"arn:aws[\w-]*:iam::\d{12}:(role|policy)/.+")


class Network(NamedTuple):
    """The subnets and security groups of yours that functions and databases are put into."""

    subnets: Sequence[str]
    security_groups: Sequence[str]


class Account(NamedTuple):
    """The settings of a provider."""

    account: str
    region: str
    profile: str | None = None
    assume_role: str | None = None
    permissions_boundary: str | None = None
    network: Network | None = None

    @property
    def partition(self) -> str:
        """The first part of every ARN there."""
        if self.region.startswith("cn-"):
            return "aws-cn"
        return "aws-us-gov" if self.region.startswith("us-gov-") else "aws"

    def doubts(self) -> Iterator[str]:
        """What has the right form at most, and cannot be real."""
        if re.fullmatch(r"\d{12}", self.account) is None:
            yield f"AWS account {self.account!r} cannot be real: it is a number of 12 digits"
        if self.region not in REGIONS:
            guess = nearest(self.region, REGIONS)
            mend = f"; did you mean {guess!r}?" if guess else ""
            yield f"AWS region {self.region!r} is not known{mend}"
        for option in ("assume_role", "permissions_boundary"):
            arn = getattr(self, option)
            if arn is not None and _ROLE.fullmatch(arn) is None:
                yield f"{option}={arn!r} cannot be real: it is the ARN of a role or policy"


def account_of(given: Account, where: str) -> Account:
    """The same settings. Raises :class:`~glacier.core.errors.InvalidOption` for another form."""
    for option in ("account", "region"):
        found = getattr(given, option)
        if not isinstance(found, str) or not found:
            mend = "Give it as text, so that no leading zero is lost: account='012345678901'."
            if option == "region":
                mend = "Give its name, such as 'eu-central-1'."
            raise InvalidOption(where=where, option=option, found=found, mend=mend)
    if _REGION.fullmatch(given.region) is None:
        guess = nearest(given.region, REGIONS)
        mend = f"Did you mean {guess!r}?" if guess else "Give its name, such as 'eu-central-1'."
        raise InvalidOption(where=where, option="region", found=given.region, mend=mend)
    for option in ("profile", "assume_role", "permissions_boundary"):
        found = getattr(given, option)
        if found is not None and (not isinstance(found, str) or not found):
            raise InvalidOption(where=where, option=option, found=found, mend="Give a text.")
    network = cast("object", given.network)
    if network is not None and not isinstance(network, Network):
        mend = "Give Network(subnets=['subnet-…'], security_groups=['sg-…'])."
        raise InvalidOption(where=where, option="network", found=network, mend=mend)
    return given
