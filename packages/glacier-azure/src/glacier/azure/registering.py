"""Which module registers which spec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glacier.azure.database import register_database
from glacier.azure.secrets import register_secret
from glacier.azure.serverless import register_serverless
from glacier.azure.storage import register_storage
from glacier.core.protocols import DatabaseSpec, ObjectStorageSpec, SecretSpec, ServerlessSpec

if TYPE_CHECKING:
    from glacier.azure.account import Account
    from glacier.core.protocols import Site, Spec

__all__ = ["register"]


def register(spec: Spec, site: Site, account: Account) -> Any:
    """Register the resources behind a spec; the native one, ``None`` for a schedule."""
    if isinstance(spec, ObjectStorageSpec):
        return register_storage(spec, site, account)
    if isinstance(spec, DatabaseSpec):
        return register_database(spec, site, account)
    if isinstance(spec, SecretSpec):
        return register_secret(spec, site, account)
    if isinstance(spec, ServerlessSpec):
        return register_serverless(spec, site, account)
    return None
