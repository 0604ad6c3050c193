"""AzureProvider keeps the contract of providers."""

from __future__ import annotations

from glacier.azure import AzureProvider
from glacier.core import Provider
from glacier.core.testing import ProviderContract


class TestAzureProvider(ProviderContract):
    declaration = (
        "from glacier.azure import AzureProvider; provider = AzureProvider("
        "subscription='12345678-90ab-cdef-1234-567890abcdef', region='westeurope')"
    )
    sdks = ("pulumi", "pulumi_azure_native", "azure", "grpc")

    def make_provider(self) -> Provider:
        subscription = "12345678-90ab-cdef-1234-567890abcdef"
        return AzureProvider(subscription=subscription, region="westeurope")

    def make_doubtful(self) -> Provider:
        return AzureProvider(subscription="xyz", region="westeurope")
