"""GCPProvider keeps the contract of providers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glacier.core import Provider
from glacier.core.contracts.providers import Location, Registered
from glacier.core.testing import ProviderContract
from glacier.gcp import GCPProvider


class TestGCPProvider(ProviderContract):
    declaration = (
        "from glacier.gcp import GCPProvider; "
        "provider = GCPProvider(project='my-project', region='europe-west1')"
    )
    sdks = ("pulumi", "pulumi_gcp", "google", "grpc")

    def make_provider(self) -> Provider:
        return GCPProvider(project="my-project", region="europe-west1")

    def make_doubtful(self) -> Provider:
        return GCPProvider(project="xyz", region="us-central1")

    def tags_of(self, row: Registered) -> Mapping[str, Any] | None:
        return row.properties.get("settings", row.properties).get(
            "userLabels", row.properties.get("labels")
        )


def test_the_address_of_a_bucket_is_its_name() -> None:
    def address_of(token: str) -> str | None:
        return GCPProvider.address_of(token, "lake", Location("aws", "123456789012", "here"))

    assert address_of("gcp:storage/bucket:Bucket") == "gs://lake"
    assert address_of("gcp:bigquery/dataset:Dataset") is None
    assert address_of("aws:s3/bucket:Bucket") is None
