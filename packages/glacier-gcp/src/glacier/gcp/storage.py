"""Object storage: a bucket that nobody can make public, with one kind of permissions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from glacier.core.protocols import InvalidOption, cloud_name, kept, load_modules, set_options
from glacier.gcp.labels import labels_of
from glacier.gcp.sdk import component

if TYPE_CHECKING:
    import pulumi_gcp as gcp

    from glacier.core.protocols import ObjectStorageSpec, Site
    from glacier.gcp.account import Account

__all__ = ["bucket_arguments", "bucket_name", "register_storage"]

_UNFINISHED_DAYS = 7  # after which the parts of an upload that was never finished are removed
_KEY = re.compile(r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+")
_FORBIDDEN = re.compile(r"g[o0][o0]g(le|1e)?")


def register_storage(spec: ObjectStorageSpec, site: Site, account: Account) -> gcp.storage.Bucket:
    """Register a bucket with everything that guards it; the bucket."""
    _check(spec, site)
    load_modules("pulumi_gcp.storage")
    import pulumi_gcp as gcp

    whole, part = component("ObjectStorage", spec, site, account)
    name = site.called(spec, bucket_name([site.environment, spec.name], site, account))
    arguments = bucket_arguments(name, site, account, days=spec.lifecycle_days)
    if spec.versioning:
        arguments.versioning = gcp.storage.BucketVersioningArgs(enabled=True)
    if spec.encryption is not None:
        key = spec.encryption
        arguments.encryption = gcp.storage.BucketEncryptionArgs(default_kms_key_name=key)
    if site.deletes_data:
        arguments.force_destroy = True  # GCS deletes no bucket that has something in it
    set_options(arguments, spec, site, labels="labels")
    bucket = gcp.storage.Bucket(site.label(spec.name), arguments, opts=kept(part, site))
    whole.register_outputs({"bucket": bucket.name, "url": bucket.url})
    return bucket


def bucket_name(parts: Sequence[str], site: Site, account: Account) -> str:
    """A name that no bucket of another project has: all of Google's share one space of names."""
    # Google refuses its own name in them, and what looks like it.
    clear = [_FORBIDDEN.sub("ggl", part.lower()) for part in parts]
    among = ["gcp", account.project, account.region, site.pipeline, *parts]
    return cloud_name(clear, longest=63, among=among)


def bucket_arguments(
    name: str, site: Site, account: Account, *, days: int | None = None
) -> gcp.storage.BucketArgs:
    """The arguments of a private bucket, whose files are deleted after so many days."""
    import pulumi_gcp as gcp

    return gcp.storage.BucketArgs(
        name=name,
        location=account.region,
        uniform_bucket_level_access=True,
        public_access_prevention="enforced",
        lifecycle_rules=_expire(days),
        labels=labels_of(site),
    )


def _expire(days: int | None) -> list[gcp.storage.BucketLifecycleRuleArgs]:
    import pulumi_gcp as gcp

    def rule(
        action: str, condition: gcp.storage.BucketLifecycleRuleConditionArgs
    ) -> gcp.storage.BucketLifecycleRuleArgs:
        done = gcp.storage.BucketLifecycleRuleActionArgs(type=action)
        return gcp.storage.BucketLifecycleRuleArgs(action=done, condition=condition)

    when = gcp.storage.BucketLifecycleRuleConditionArgs
    rules = [rule("AbortIncompleteMultipartUpload", when(age=_UNFINISHED_DAYS))]
    if days is not None:
        # By age alone what is overwritten would go for good as soon as it was.
        rules.append(rule("Delete", when(age=days, with_state="LIVE")))
        rules.append(rule("Delete", when(days_since_noncurrent_time=days, with_state="ARCHIVED")))
    return rules


def _check(spec: ObjectStorageSpec, site: Site) -> None:
    if spec.encryption is not None and _KEY.fullmatch(spec.encryption) is None:
        raise InvalidOption(
            where=f"{site.environment}.object_storage({spec.name!r})",
            option="encryption",
            found=spec.encryption,
            mend="Give the key as 'projects/…/locations/…/keyRings/…/cryptoKeys/…'.",
        )
