"""AWSProvider keeps the contract of providers."""

from __future__ import annotations

from glacier.aws import AWSProvider
from glacier.core import Provider
from glacier.core.testing import ProviderContract


class TestAWSProvider(ProviderContract):
    declaration = (
        "from glacier.aws import AWSProvider; "
        "provider = AWSProvider(account='123456789012', region='eu-central-1')"
    )
    sdks = ("pulumi", "pulumi_aws", "boto3", "grpc")

    def make_provider(self) -> Provider:
        return AWSProvider(account="123456789012", region="eu-central-1")

    def make_doubtful(self) -> Provider:
        return AWSProvider(account="123456", region="us-east-1")
