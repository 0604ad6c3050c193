"""The provider of environments on AWS; what it registers is in a module for each kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from glacier.aws.account import Account, Network, account_of
from glacier.aws.types import ADOPTS, DEPRECATED
from glacier.core.protocols import Location, NotAnEnvironment, Packing, caller, place_of

if TYPE_CHECKING:
    from glacier.core.protocols import (
        PipelineParts,
        PipelineProvider,
        Provider,
        Registered,
        Site,
        Spec,
    )

__all__ = ["AWSProvider"]

_UNZIPPED = 250 * 1024 * 1024  # bytes, of Lambda
_DIRECT = 50 * 1024 * 1024


class AWSProvider:
    """One account and region of AWS: ``AWSProvider(account="123456789012", region="us-east-1")``.

    Credentials are those that AWS's own tools find, of ``profile`` if it is given, and from there
    of ``assume_role``; other accounts are refused. ``permissions_boundary`` is put on every role.
    ``network`` is where functions and databases are, by default in none of yours. Raises
    :class:`~glacier.core.errors.InvalidOption` for what has not the form of such a thing.
    """

    __glacier__ = "provider"
    kind: ClassVar[str] = "aws"
    needs_program: ClassVar[bool] = True
    adopts: ClassVar[Mapping[str, str]] = ADOPTS
    deprecated: ClassVar[Mapping[str, str]] = DEPRECATED

    def __init__(
        self,
        *,
        account: str,
        region: str,
        profile: str | None = None,
        assume_role: str | None = None,
        permissions_boundary: str | None = None,
        network: Network | None = None,
    ) -> None:
        given = Account(account, region, profile, assume_role, permissions_boundary, network)
        self.account = account_of(given, f"AWSProvider ({place_of(caller())})")

    @property
    def location(self) -> Location:
        """The account and region."""
        return Location("aws", self.account.account, self.account.region)

    @property
    def answers(self) -> Mapping[str, Mapping[str, Any]]:
        """What is known of the caller, region and partition without asking AWS."""
        account, region = self.account.account, self.account.region
        partition = self.account.partition
        arn = f"arn:{partition}:iam::{account}:root"
        return {
            "aws:index/getCallerIdentity:getCallerIdentity": {
                "accountId": account, "arn": arn, "id": account, "userId": account,
            },
            "aws:index/getPartition:getPartition": {"id": partition, "partition": partition},
            "aws:index/getRegion:getRegion": {"id": region, "name": region, "region": region},
        }  # fmt: skip

    @staticmethod
    def address_of(token: str, native_id: str, location: Location) -> str | None:
        """``s3://bucket``; the id of a bucket is its name."""
        return f"s3://{native_id}" if ADOPTS.get(token) == "object_storage" else None

    def doubts(self) -> Sequence[str]:
        """What cannot be real: fine while nothing is deployed."""
        return tuple(self.account.doubts())

    def register(self, spec: Spec, site: Site) -> Any:
        """Register what is behind a spec; a schedule is registered with what it starts."""
        from glacier.aws.registering import register

        return register(spec, site, self.account)

    def packing(self, options: Mapping[str, Any], *, where: str) -> Packing:
        """What the code of tasks is packed for: Lambda, whose Python has boto3."""
        from glacier.aws.deployment.settings import settings_of

        settings = settings_of(options, where)
        return Packing(
            cloud="AWS Lambda",
            python=settings.python,
            machine="aarch64" if settings.architecture == "arm64" else settings.architecture,
            unzipped=_UNZIPPED,
            direct=_DIRECT,
            packages=("glacier-aws",),
            requirements=("obstore",),
            provided=("boto3", "botocore"),
        )

    def objections(self, parts: PipelineParts) -> Sequence[str]:
        """What of a pipeline cannot run on AWS."""
        from glacier.aws.deployment import objections_to

        return tuple(objections_to(parts))

    def register_pipeline(self, parts: PipelineParts, site: Site) -> Any:
        """Register the functions of a pipeline, and what conducts them; their component."""
        from glacier.aws.deployment import register_pipeline

        return register_pipeline(parts, site, self.account)

    @staticmethod
    def deployer_policies(
        resources: Sequence[Registered], location: Location
    ) -> tuple[Sequence[Mapping[str, Any]], Sequence[str]]:
        """Policies for who deploys these resources, and those of which nothing is known."""
        from glacier.aws.deployer.policies import deployer_policies

        return deployer_policies(resources, location)

    def __getattr__(self, name: str) -> Any:
        raise NotAnEnvironment(provider=type(self).__name__, attribute=name)

    def __repr__(self) -> str:
        account, region = self.account.account, self.account.region
        return f"AWSProvider(account={account!r}, region={region!r})"


if TYPE_CHECKING:
    _: type[Provider] = AWSProvider
    _runs: type[PipelineProvider] = AWSProvider
