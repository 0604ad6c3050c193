"""AWSProvider keeps the contract of providers."""

from __future__ import annotations

from glacier.aws import AWSProvider
from glacier.core import Provider
from glacier.core.contracts.providers import Location
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


def test_the_address_of_a_bucket_is_its_name() -> None:
    def address_of(token: str) -> str | None:
        return AWSProvider.address_of(token, "lake", Location("gcp", "my-project", "here"))

    assert address_of("aws:s3/bucket:Bucket") == "s3://lake"
    assert address_of("aws:s3/bucketV2:BucketV2") == "s3://lake"
    assert address_of("aws:dynamodb/table:Table") is None
    assert address_of("gcp:storage/bucket:Bucket") is None
