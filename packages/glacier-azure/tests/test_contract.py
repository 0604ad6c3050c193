"""AzureProvider keeps the contract of providers."""

from __future__ import annotations

import pytest

from glacier.azure import AzureProvider
from glacier.azure.runtime.settings import Settings, settings_of
from glacier.core import Provider
from glacier.core.contracts.providers import Location
from glacier.core.testing import ProviderContract

OF_MANAGER = (
    "/subscriptions/12345678-90ab-cdef-1234-567890abcdef/resourceGroups/prod/providers"
    "/Microsoft.Storage/storageAccounts/prodlake/blobServices/default/containers/data"
)
UNSIGNED = {"AZURE_SKIP_SIGNATURE": "true"}


class TestAzureProvider(ProviderContract):
    declaration = (
        "from glacier.azure import AzureProvider; provider = AzureProvider("
        "subscription='12345678-90ab-cdef-1234-567890abcdef', region='westeurope')"
    )
    sdks = ("pulumi", "pulumi_azure_native", "azure", "grpc")

    storage_ids = (OF_MANAGER, "https://prodlake.blob.core.windows.net/data")

    def make_provider(self) -> Provider:
        subscription = "12345678-90ab-cdef-1234-567890abcdef"
        return AzureProvider(subscription=subscription, region="westeurope")

    def make_doubtful(self) -> Provider:
        return AzureProvider(subscription="xyz", region="westeurope")


@pytest.mark.parametrize(
    ("cloud", "region", "domain"),
    [
        ("azure", "westeurope", "core.windows.net"),
        ("azure", "chinanorth3", "core.chinacloudapi.cn"),
        ("azure", "usgovvirginia", "core.usgovcloudapi.net"),
        ("aws", "eu-central-1", "core.windows.net"),
    ],
)
def test_the_address_of_a_container_names_its_account(cloud: str, region: str, domain: str) -> None:
    here = Location(cloud, "1", region)
    token = "azure-native:storage:BlobContainer"
    address = AzureProvider.address_of(token, OF_MANAGER, here)
    assert address == f"abfss://data@prodlake.dfs.{domain}"
    assert AzureProvider.address_of(token, "data", here) is None
    assert AzureProvider.address_of("azure-native:storage:Table", OF_MANAGER, here) is None


def test_the_older_sdk_says_where_a_container_is_in_its_id() -> None:
    here = Location("azure", "1", "westeurope")
    for token, url in (
        ("azure:storage/container:Container", "https://acct.blob.core.chinacloudapi.cn/in"),
        (
            "azure:storage/dataLakeGen2Filesystem:DataLakeGen2Filesystem",
            "https://acct.dfs.core.chinacloudapi.cn/in",
        ),
    ):
        address = AzureProvider.address_of(token, url, here)
        assert address == "abfss://in@acct.dfs.core.chinacloudapi.cn"
        assert settings_of(address, address.partition("@")[2], environ=UNSIGNED) == Settings(
            "acct", "https://acct.blob.core.chinacloudapi.cn", given=(None,) * 8, unsigned=True
        )
