"""Object storage: a container in a storage account of its own, private and without any keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from glacier.azure.sdk import allow, component, group, identity, unique
from glacier.core.protocols import InvalidOption, kept, load_modules, set_options

if TYPE_CHECKING:
    import pulumi
    import pulumi_azure_native as azure

    from glacier.azure.account import Account
    from glacier.core.protocols import ObjectStorageSpec, Site

__all__ = ["closed_account", "register_storage"]

_CONTAINER = "data"
_UNDELETE_DAYS = 7  # in which a container that was deleted by mistake can be had again
_KEY = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.KeyVault"
    r"/vaults/(?P<vault>[^/]+)/keys/(?P<key>[^/]+)",
    re.IGNORECASE,
)
_CRYPTO_USER = "e147488a-f6f5-4113-8e2d-b22465e65bf6"  # wraps and unwraps with a key


def register_storage(
    spec: ObjectStorageSpec, site: Site, account: Account
) -> azure.storage.BlobContainer:
    """Register a container with the account that guards it; the container.

    What is kept, for how long and by which key Azure settles for whole accounts. ``options`` are
    those of the account, and those that the container alone has.
    """
    key = _key(spec, site)
    load_modules("pulumi_azure_native.storage")
    import pulumi
    import pulumi_azure_native as azure

    whole, part = component("ObjectStorage", spec, site, account)
    label, name = site.label(spec.name), unique(spec, site, account, longest=24, joint="")
    site.called(spec, f"{name}/{_CONTAINER}")
    arguments = closed_account(name, site, account)
    container = azure.storage.BlobContainerArgs(
        account_name=name,
        container_name=_CONTAINER,
        public_access=azure.storage.PublicAccess.NONE,
        resource_group_name=arguments.resource_group_name,
    )
    after = [] if key is None else [_encrypt(arguments, key, spec, site, account, part)]
    set_options(arguments, spec, site, beside=[container])
    first = pulumi.ResourceOptions.merge(part, pulumi.ResourceOptions(depends_on=after))
    made = azure.storage.StorageAccount(label, arguments, opts=kept(first, site))
    container.account_name = made.name
    container.resource_group_name = arguments.resource_group_name
    found = azure.storage.BlobContainer(label, container, opts=kept(part, site))
    _keep(spec, label, container, site, part)
    whole.register_outputs({"account": made.name, "container": found.name, "id": found.id})
    return found


def closed_account(name: str, site: Site, account: Account) -> azure.storage.StorageAccountArgs:
    """An account that takes no keys and no guests, over TLS alone."""
    import pulumi_azure_native as azure

    return azure.storage.StorageAccountArgs(
        account_name=name,
        resource_group_name=group(site, account),
        location=account.region,
        kind="StorageV2",
        sku=azure.storage.SkuArgs(name="Standard_LRS"),
        allow_blob_public_access=False,
        allow_cross_tenant_replication=False,
        allow_shared_key_access=False,
        default_to_o_auth_authentication=True,
        enable_https_traffic_only=True,
        minimum_tls_version="TLS1_2",
        tags=dict(site.tags),
    )


def _key(spec: ObjectStorageSpec, site: Site) -> re.Match[str] | None:
    if spec.encryption is None:
        return None
    found = _KEY.fullmatch(spec.encryption)
    if found is None:
        where = f"{site.environment}.object_storage({spec.name!r})"
        mend = (
            "Give the resource id of a key, of which the vault is part: '/subscriptions/…/"
            "resourceGroups/…/providers/Microsoft.KeyVault/vaults/…/keys/…'."
        )
        raise InvalidOption(where=where, option="encryption", found=spec.encryption, mend=mend)
    return found


def _encrypt(
    arguments: azure.storage.StorageAccountArgs,
    key: re.Match[str],
    spec: ObjectStorageSpec,
    site: Site,
    account: Account,
    part: pulumi.ResourceOptions,
) -> pulumi.Resource:
    """Let an account use a key; what must be there before the account is."""
    import pulumi_azure_native as azure

    who = identity(spec, site, account, kept(part, site))
    arguments.identity = azure.storage.IdentityArgs(
        type="UserAssigned", user_assigned_identities=[who.id]
    )
    arguments.encryption = azure.storage.EncryptionArgs(
        key_source="Microsoft.Keyvault",
        encryption_identity=azure.storage.EncryptionIdentityArgs(
            encryption_user_assigned_identity=who.id
        ),
        key_vault_properties=azure.storage.KeyVaultPropertiesArgs(
            key_name=key["key"], key_vault_uri=f"https://{key['vault']}.{account.cloud.vault}"
        ),
    )
    return allow(site.label(spec.name), who, _CRYPTO_USER, key[0], account, kept(part, site))


def _keep(
    spec: ObjectStorageSpec,
    label: str,
    container: azure.storage.BlobContainerArgs,
    site: Site,
    part: pulumi.ResourceOptions,
) -> None:
    """What is kept of that which is overwritten or deleted, and when it is deleted by itself."""
    import pulumi
    import pulumi_azure_native as azure

    service = azure.storage.BlobServiceProperties(
        label,
        azure.storage.BlobServicePropertiesArgs(
            account_name=container.account_name,
            blob_services_name="default",
            container_delete_retention_policy=azure.storage.DeleteRetentionPolicyArgs(
                enabled=True, days=_UNDELETE_DAYS
            ),
            is_versioning_enabled=spec.versioning,
            resource_group_name=container.resource_group_name,
        ),
        opts=kept(part, site),
    )
    if spec.lifecycle_days is None:
        return
    after = pulumi.ResourceOptions.merge(part, pulumi.ResourceOptions(depends_on=[service]))
    azure.storage.ManagementPolicy(
        label,
        azure.storage.ManagementPolicyArgs(
            account_name=container.account_name,
            management_policy_name="default",
            policy=azure.storage.ManagementPolicySchemaArgs(rules=[_expiry(spec.lifecycle_days)]),
            resource_group_name=container.resource_group_name,
        ),
        opts=kept(after, site),
    )


def _expiry(days: int) -> azure.storage.ManagementPolicyRuleArgs:
    import pulumi_azure_native as azure

    actions = azure.storage.ManagementPolicyActionArgs(
        base_blob=azure.storage.ManagementPolicyBaseBlobArgs(
            delete=azure.storage.DateAfterModificationArgs(
                days_after_modification_greater_than=days
            )
        ),
        version=azure.storage.ManagementPolicyVersionArgs(
            delete=azure.storage.DateAfterCreationArgs(days_after_creation_greater_than=days)
        ),
    )
    every = azure.storage.ManagementPolicyFilterArgs(blob_types=["appendBlob", "blockBlob"])
    return azure.storage.ManagementPolicyRuleArgs(
        name="glacier",
        type="Lifecycle",
        enabled=True,
        definition=azure.storage.ManagementPolicyDefinitionArgs(actions=actions, filters=every),
    )
