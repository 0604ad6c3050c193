"""Databases: PostgreSQL on RDS, encrypted, over TLS alone, its password kept by AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glacier.aws.sdk import component
from glacier.core.protocols import cloud_name, kept, load_modules, set_options

if TYPE_CHECKING:
    import pulumi
    import pulumi_aws as aws

    from glacier.aws.account import Account
    from glacier.core.protocols import DatabaseSpec, Site

__all__ = ["register_database"]

_VERSION = "17"
_SIZES = {
    "small": ("db.t4g.micro", 20),
    "medium": ("db.t4g.large", 100),
    "large": ("db.r7g.xlarge", 500),
}


def register_database(spec: DatabaseSpec, site: Site, account: Account) -> aws.rds.Instance:
    """Register a server with one database; the server. Other sizes are classes of RDS."""
    load_modules("pulumi_aws.rds")
    import pulumi_aws as aws

    whole, part = component("Database", spec, site, account)
    label, names = site.label(spec.name), [site.pipeline, site.environment, spec.name]
    name = site.called(spec, cloud_name([one for one in names if one], longest=63))
    arguments = _arguments(spec, name, site)
    arguments.parameter_group_name = _only_tls(label, name, site, part)
    if account.network is not None:
        subnets = aws.rds.SubnetGroup(
            label,
            name=name,
            subnet_ids=list(account.network.subnets),
            tags=dict(site.tags),
            opts=part,
        )
        arguments.db_subnet_group_name = subnets.name
        arguments.vpc_security_group_ids = list(account.network.security_groups)
    set_options(arguments, spec, site)
    server = aws.rds.Instance(label, arguments, opts=kept(part, site))
    whole.register_outputs({"address": server.address, "arn": server.arn})
    return server


def _arguments(spec: DatabaseSpec, name: str, site: Site) -> aws.rds.InstanceArgs:
    import pulumi_aws as aws

    machine, gigabytes = _SIZES.get(spec.size, (spec.size, 20))
    return aws.rds.InstanceArgs(
        identifier=name,
        engine="postgres",
        engine_version=_VERSION,
        instance_class=machine,
        allocated_storage=gigabytes,
        storage_type="gp3",
        storage_encrypted=True,
        db_name=cloud_name([spec.name], longest=63, joint=""),
        username="glacier",
        manage_master_user_password=True,  # in Secrets Manager: it is never in Pulumi's state
        iam_database_authentication_enabled=True,
        publicly_accessible=False,
        backup_retention_period=7,
        copy_tags_to_snapshot=True,
        deletion_protection=not site.deletes_data,
        skip_final_snapshot=site.deletes_data or None,
        final_snapshot_identifier=f"{name[:57].rstrip('-')}-final",
        auto_minor_version_upgrade=True,
        tags=dict(site.tags),
    )


def _only_tls(
    label: str, name: str, site: Site, part: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    import pulumi_aws as aws

    forced = aws.rds.ParameterGroupParameterArgs(name="rds.force_ssl", value="1")
    group = aws.rds.ParameterGroup(
        label,
        aws.rds.ParameterGroupArgs(
            name=name, family=f"postgres{_VERSION}", parameters=[forced], tags=dict(site.tags)
        ),
        opts=part,
    )
    return group.name
