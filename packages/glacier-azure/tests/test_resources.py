"""What is registered on Azure: closed, encrypted, and without a key or a password in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glacier.azure import AzureProvider, Network
from glacier.azure.sdk import named, unique
from glacier.core import Environment
from glacier.core.contracts.providers import Registered, Site
from glacier.core.errors import InvalidOption, UnknownOption
from glacier.core.specs import ObjectStorageSpec, SecretSpec

Env = Callable[..., Environment]
Told = Callable[[Callable[[], object]], dict[tuple[str, str], Registered]]

SUBSCRIPTION = "12345678-90ab-cdef-1234-567890abcdef"
TAGS = {"environment": "prod", "managed-by": "glacier", "pipeline": "etl"}


def properties(rows: Any, kind: str, name: str = "prod-it") -> Any:
    return rows[kind, name].properties


def test_an_account_is_private_and_takes_no_keys_and_no_plain_http(env: Env, told: Told) -> None:
    rows = told(lambda: env().object_storage("it"))
    account = properties(rows, "StorageAccount")
    expected = {
        "allowBlobPublicAccess": False,
        "allowCrossTenantReplication": False,
        "allowSharedKeyAccess": False,
        "enableHttpsTrafficOnly": True,
        "kind": "StorageV2",
        "location": "westeurope",
        "minimumTlsVersion": "TLS1_2",
        "tags": TAGS,
    }
    assert {name: account.get(name) for name in expected} == expected
    assert "encryption" not in account  # always by Azure's own key
    container = properties(rows, "BlobContainer")
    assert (container["publicAccess"], container["containerName"]) == ("None", "data")
    service = properties(rows, "BlobServiceProperties")
    assert service["isVersioningEnabled"] is False
    assert service["containerDeleteRetentionPolicy"] == {"days": 7, "enabled": True}
    assert ("ManagementPolicy", "prod-it") not in rows
    whole = "glacier:azure:ObjectStorage prod-it"
    assert {row.parent for row in rows.values()} == {"", whole}
    assert all(row.provider == "prod-azure" for row in rows.values() if row.parent == whole)


def test_a_storage_has_what_is_asked_for(env: Env, told: Told) -> None:
    key = "/subscriptions/other/resourceGroups/keys/providers/Microsoft.KeyVault/vaults/ours/keys/k"
    rows = told(
        lambda: env().object_storage("it", versioning=True, encryption=key, lifecycle_days=30)
    )
    account = properties(rows, "StorageAccount")
    assert account["encryption"]["keySource"] == "Microsoft.Keyvault"
    place = {"keyName": "k", "keyVaultUri": "https://ours.vault.azure.net"}
    assert account["encryption"]["keyVaultProperties"] == place
    assert account["identity"]["type"] == "UserAssigned"
    assert properties(rows, "BlobServiceProperties")["isVersioningEnabled"] is True
    (rule,) = properties(rows, "ManagementPolicy")["policy"]["rules"]
    assert rule["enabled"] is True
    assert rule["definition"]["actions"] == {
        "baseBlob": {"delete": {"daysAfterModificationGreaterThan": 30}},
        "version": {"delete": {"daysAfterCreationGreaterThan": 30}},
    }
    role = properties(rows, "RoleAssignment")
    assert role["scope"] == key
    assert role["roleDefinitionId"].endswith("/e147488a-f6f5-4113-8e2d-b22465e65bf6")


def test_a_key_is_named_by_its_resource_id(env: Env, told: Told) -> None:
    with pytest.raises(InvalidOption, match=r"prod\.object_storage\('it'\).*resource id of a key"):
        told(lambda: env().object_storage("it", encryption="https://ours.vault.azure.net/keys/k"))


def test_options_reach_the_account_and_the_container(env: Env, told: Told) -> None:
    options = {
        "sku": {"name": "Standard_ZRS"},
        "account_name": "mine",
        "resource_group_name": "ours",
        "metadata": {"a": "b"},
        "tags": {"cost": "7"},
    }
    rows = told(lambda: env().object_storage("it", options=options))
    account = properties(rows, "StorageAccount")
    assert account["sku"] == {"name": "Standard_ZRS"}
    assert (account["accountName"], account["resourceGroupName"]) == ("mine", "ours")
    assert account["tags"] == {"cost": "7", **TAGS}
    container = properties(rows, "BlobContainer")
    assert (container["metadata"], container["resourceGroupName"]) == ({"a": "b"}, "ours")
    assert properties(rows, "BlobServiceProperties")["resourceGroupName"] == "ours"


def test_an_unknown_option_names_the_nearest_and_the_resources(env: Env, told: Told) -> None:
    expected = r"Did you mean 'access_tier'.*azure_native\.storage.*StorageAccount.*BlobContainer"
    with pytest.raises(UnknownOption, match=expected):
        told(lambda: env().object_storage("it", options={"acces_tier": "Cool"}))


def test_a_database_is_not_public_and_has_no_password(
    env: Env, told: Told, network: Network
) -> None:
    rows = told(lambda: env(network=network).database("it", size="medium"))
    server = properties(rows, "Server")
    assert server["authConfig"] == {
        "activeDirectoryAuth": "Enabled",
        "passwordAuth": "Disabled",
        "tenantId": "<computed>",
    }
    assert not [name for name in server if "assword" in name]
    assert server["network"] == {
        "delegatedSubnetResourceId": network.databases,
        "privateDnsZoneArmResourceId": network.zone,
        "publicNetworkAccess": "Disabled",
    }
    assert server["sku"] == {"name": "Standard_D2ds_v5", "tier": "GeneralPurpose"}
    assert server["storage"]["storageSizeGB"] == 128
    only_tls = properties(rows, "Configuration")
    assert (only_tls["configurationName"], only_tls["value"]) == ("require_secure_transport", "on")
    administrator = properties(rows, "AdministratorsMicrosoftEntra")
    assert administrator["principalType"] == "ServicePrincipal"
    assert properties(rows, "Database")["databaseName"] == "it"
    assert properties(rows, "UserAssignedIdentity")["resourceName"] == "etl-prod-it-database"
    alone = properties(told(lambda: env().database("it")), "Server")
    assert alone["network"] == {"publicNetworkAccess": "Disabled"}
    assert alone["sku"] == {"name": "Standard_B1ms", "tier": "Burstable"}


@pytest.mark.parametrize(
    ("size", "tier"),
    [("Standard_E8ds_v5", "MemoryOptimized"), ("Standard_B2s", "Burstable")],
)
def test_a_database_may_have_a_machine_of_azure(env: Env, told: Told, size: str, tier: str) -> None:
    server = properties(told(lambda: env().database("it", size=size)), "Server")
    assert server["sku"] == {"name": size, "tier": tier}


def test_a_database_has_neither_unknown_sizes_nor_names_that_are_taken(
    env: Env, told: Told
) -> None:
    with pytest.raises(InvalidOption, match="'small', 'medium', 'large'"):
        told(lambda: env().database("it", size="db.t4g.micro"))
    rows = told(lambda: env().database("postgres"))
    assert properties(rows, "Database", "prod-postgres")["databaseName"] == "postgresdb"


def test_a_secret_is_an_empty_vault(env: Env, told: Told) -> None:
    options = {"properties": {"public_network_access": "Disabled"}}
    rows = told(lambda: env().secret("it", options=options))
    assert not [kind for kind, _ in rows if kind == "Secret"]
    vault = properties(rows, "Vault")
    found = vault["properties"]
    assert (found["enableRbacAuthorization"], found["enablePurgeProtection"]) == (True, True)
    assert (found["tenantId"], found["publicNetworkAccess"]) == ("<computed>", "Disabled")
    assert "accessPolicies" not in found
    assert vault["tags"] == TAGS


def test_a_function_reaches_its_own_storage_and_log_and_answers_nobody(
    env: Env, told: Told, network: Network, tmp_path: Path
) -> None:
    def declare() -> None:
        env(network=network).serverless(
            "it", handler="index.handler", code=tmp_path, env={"A": "b"}, timeout=90061.5,
            memory=600,
        )  # fmt: skip

    rows = told(declare)
    app = properties(rows, "WebApp")
    assert (app["kind"], app["httpsOnly"]) == ("functionapp,linux", True)
    assert app["virtualNetworkSubnetId"] == network.functions
    assert app["identity"]["type"] == "UserAssigned"
    scale = app["functionAppConfig"]["scaleAndConcurrency"]
    assert scale["instanceMemoryMB"] == 2048
    found = {one["name"]: one["value"] for one in app["siteConfig"]["appSettings"]}
    assert (found["A"], found["GLACIER_HANDLER"]) == ("b", "index.handler")
    assert found["AzureFunctionsJobHost__functionTimeout"] == "1.01:01:02"
    assert found["AzureWebJobsStorage__credential"] == "managedidentity"
    assert not [
        name for name in found if name in ("AzureWebJobsStorage", "FUNCTIONS_WORKER_RUNTIME")
    ]
    host = properties(rows, "StorageAccount")
    assert host["allowSharedKeyAccess"] is False
    assert found["AzureWebJobsStorage__accountName"] == host["accountName"]
    package = app["functionAppConfig"]["deployment"]["storage"]
    assert package["value"] == f"https://{host['accountName']}.blob.core.windows.net/packages"
    assert package["authentication"]["type"] == "UserAssignedIdentity"
    assert properties(rows, "Component")["disableLocalAuth"] is True
    assert properties(rows, "Workspace", "prod-azure")["retentionInDays"] == 30
    roles = sorted(name for kind, name in rows if kind == "RoleAssignment")
    assert roles == ["prod-it-log", "prod-it-storage"]
    callers = properties(rows, "WebAppAuthSettingsV2")
    assert callers["globalValidation"] == {
        "requireAuthentication": True,
        "unauthenticatedClientAction": "Return401",
    }
    assert "identityProviders" not in callers
    assert properties(rows, "WebAppFtpAllowed")["allow"] is False
    assert properties(rows, "WebAppScmAllowed")["allow"] is False


def test_who_may_call_a_function_is_an_option(env: Env, told: Told) -> None:
    providers = {"azure_active_directory": {"enabled": True}}
    options = {"identity_providers": providers, "name": "mine", "client_cert_enabled": True}
    rows = told(
        lambda: env().serverless("it", handler="a.b", code=..., options=options, timeout=60)
    )
    assert properties(rows, "WebApp")["clientCertEnabled"] is True
    callers = properties(rows, "WebAppAuthSettingsV2")
    assert callers["identityProviders"] == {"azureActiveDirectory": {"enabled": True}}
    assert (callers["name"], properties(rows, "WebAppFtpAllowed")["name"]) == ("mine", "mine")


@pytest.mark.parametrize(
    ("asked", "told_of"),
    [
        ({"memory": 4097}, "512, 2048, 4096 MiB"),
        ({"env": {"AZURE_CLIENT_ID": "me"}}, "AZURE_CLIENT_ID.*choose another name"),
    ],
)
def test_what_flex_consumption_does_not_have_is_refused(
    env: Env, told: Told, asked: Any, told_of: str
) -> None:
    with pytest.raises(InvalidOption, match=told_of):
        told(lambda: env().serverless("it", handler="a.b", code=..., **asked))


def test_functions_share_a_place_for_logs_and_nothing_else(env: Env, told: Told) -> None:
    def declare() -> None:
        made = env()
        made.serverless("one", handler="a.b", code=...)
        made.serverless("two", handler="a.b", code=...)

    rows = told(declare)
    count = {kind: [k for k, _ in rows].count(kind) for kind, _ in rows}
    assert (count["Workspace"], count["ResourceGroup"], count["azure-native"]) == (1, 1, 1)
    for kind in ("AppServicePlan", "Component", "StorageAccount", "UserAssignedIdentity", "WebApp"):
        assert count[kind] == 2


def test_the_provider_instance_reaches_no_other_subscription(env: Env, told: Told) -> None:
    instance = properties(told(lambda: env().secret("it")), "azure-native", "prod-azure")
    assert instance == {
        "environment": "public",
        "location": "westeurope",
        "subscriptionId": SUBSCRIPTION,
    }


def test_a_group_that_is_there_is_used(env: Env, told: Told) -> None:
    rows = told(lambda: env(resource_group="ours").secret("it"))
    assert not [kind for kind, _ in rows if kind == "ResourceGroup"]
    assert properties(rows, "Vault")["resourceGroupName"] == "ours"
    made = properties(told(lambda: env().secret("it")), "ResourceGroup", "prod-azure")
    assert (made["resourceGroupName"], made["tags"]) == ("etl-prod", TAGS)


@pytest.mark.parametrize(
    ("region", "cloud", "blobs", "vault"),
    [
        ("chinanorth3", "china", "blob.core.chinacloudapi.cn", "vault.azure.cn"),
        ("usgovvirginia", "usgovernment", "blob.core.usgovcloudapi.net", "vault.usgovcloudapi.net"),
    ],
)
def test_other_clouds_have_other_addresses(
    env: Env, told: Told, region: str, cloud: str, blobs: str, vault: str
) -> None:
    key = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v/keys/k"
    made = env(region=region)
    rows = told(lambda: made.object_storage("it", encryption=key))
    account = properties(rows, "StorageAccount")
    assert account["encryption"]["keyVaultProperties"]["keyVaultUri"] == f"https://v.{vault}"
    assert properties(rows, "azure-native", "prod-azure")["environment"] == cloud
    rows = told(lambda: env(region=region).serverless("it", handler="a.b", code=...))
    package = properties(rows, "WebApp")["functionAppConfig"]["deployment"]["storage"]["value"]
    assert package.endswith(f".{blobs}/packages")


@settings(max_examples=100, deadline=None)
@given(name=st.from_regex(r"[A-Za-z0-9_.-]{1,128}", fullmatch=True))
def test_names_are_ones_that_azure_takes(name: str) -> None:
    account = AzureProvider(subscription=SUBSCRIPTION, region="westeurope").account
    site = Site(environment=name, pipeline=name, tags={})
    storage, secret = ObjectStorageSpec(name), SecretSpec(name)
    found = unique(storage, site, account, longest=24, joint="")
    assert re.fullmatch("[a-z][a-z0-9]{2,23}", found)
    for longest in (24, 60, 63):
        for found in (
            unique(secret, site, account, longest=longest),
            named(secret, site, longest=longest),
        ):
            assert re.fullmatch("[a-z](-?[a-z0-9])*", found)
            assert 3 <= len(found) <= longest
