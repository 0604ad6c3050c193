"""Databases: PostgreSQL on Cloud SQL, without a public address, over TLS alone, by IAM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glacier.core.protocols import cloud_name, kept, load_modules, set_options
from glacier.gcp.labels import labels_of
from glacier.gcp.sdk import component, enabled

if TYPE_CHECKING:
    import pulumi_gcp as gcp

    from glacier.core.protocols import DatabaseSpec, Site
    from glacier.gcp.account import Account

__all__ = ["register_database"]

_VERSION = "POSTGRES_17"
_SIZES = {
    "small": ("db-f1-micro", 20),
    "medium": ("db-custom-2-8192", 100),
    "large": ("db-custom-4-26624", 500),
}
_THERE = ("cloudsqladmin", "postgres", "template0", "template1")
_BACKUPS = 7  # days, and one a day


def register_database(spec: DatabaseSpec, site: Site, account: Account) -> gcp.sql.DatabaseInstance:
    """Register a server with one database; the server. Other sizes are tiers of Cloud SQL."""
    load_modules("pulumi_gcp.sql")
    import pulumi_gcp as gcp

    whole, part = component("Database", spec, site, account)
    part = enabled(part, site, account, "sqladmin")
    label, names = site.label(spec.name), [site.pipeline, site.environment, spec.name]
    # A server belongs to the project: the same environment in another region has one of its own.
    name = cloud_name([one for one in names if one], longest=63, among=[account.region])
    arguments = gcp.sql.DatabaseInstanceArgs(
        name=site.called(spec, name),
        region=account.region,
        database_version=_VERSION,
        settings=_settings(spec, site, account),
        deletion_protection=not site.deletes_data,
    )
    set_options(arguments, spec, site, labels="user_labels")
    server = gcp.sql.DatabaseInstance(label, arguments, opts=kept(part, site))
    gcp.sql.Database(label, instance=server.name, name=_inner(spec), opts=kept(part, site))
    whole.register_outputs({"connection": server.connection_name, "name": server.name})
    return server


def _inner(spec: DatabaseSpec) -> str:
    """The name of the database in the server, which has some of its own."""
    name = cloud_name([spec.name], longest=59, joint="")
    return f"{name}data" if name in _THERE else name


def _settings(
    spec: DatabaseSpec, site: Site, account: Account
) -> gcp.sql.DatabaseInstanceSettingsArgs:
    import pulumi_gcp as gcp

    tier, gigabytes = _SIZES.get(spec.size, (spec.size, 20))
    plus = tier.startswith(("db-c4a-", "db-perf-optimized-"))
    by_iam = gcp.sql.DatabaseInstanceSettingsDatabaseFlagArgs(
        name="cloudsql.iam_authentication", value="on"
    )
    return gcp.sql.DatabaseInstanceSettingsArgs(
        tier=tier,
        edition="ENTERPRISE_PLUS" if plus else "ENTERPRISE",
        disk_size=gigabytes,
        disk_type=None if tier.startswith("db-c4a-") else "PD_SSD",
        disk_autoresize=True,
        ip_configuration=_closed(account),
        database_flags=[by_iam],
        backup_configuration=_backups(),
        final_backup_config=gcp.sql.DatabaseInstanceSettingsFinalBackupConfigArgs(
            enabled=not site.deletes_data, retention_days=30
        ),
        retain_backups_on_delete=not site.deletes_data,
        deletion_protection_enabled=not site.deletes_data,
        user_labels=labels_of(site),
    )


def _closed(account: Account) -> gcp.sql.DatabaseInstanceSettingsIpConfigurationArgs:
    import pulumi_gcp as gcp

    closed = gcp.sql.DatabaseInstanceSettingsIpConfigurationArgs(
        ipv4_enabled=False, ssl_mode="ENCRYPTED_ONLY", private_network=account.network_path
    )
    if account.network is None:
        # A server needs some way to it: this one is open to endpoints of this project alone.
        own = gcp.sql.DatabaseInstanceSettingsIpConfigurationPscConfigArgs(
            psc_enabled=True, allowed_consumer_projects=[account.project]
        )
        closed.psc_configs = [own]
    return closed


def _backups() -> gcp.sql.DatabaseInstanceSettingsBackupConfigurationArgs:
    import pulumi_gcp as gcp

    count = gcp.sql.DatabaseInstanceSettingsBackupConfigurationBackupRetentionSettingsArgs(
        retained_backups=_BACKUPS
    )
    return gcp.sql.DatabaseInstanceSettingsBackupConfigurationArgs(
        enabled=True,
        point_in_time_recovery_enabled=True,
        transaction_log_retention_days=_BACKUPS,
        backup_retention_settings=count,
    )
