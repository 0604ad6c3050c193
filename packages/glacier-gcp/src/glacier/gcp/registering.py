"""Which module registers which spec."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from glacier.gcp.database import register_database
from glacier.gcp.secrets import register_secret
from glacier.gcp.serverless import register_serverless
from glacier.gcp.storage import register_storage

if TYPE_CHECKING:
    from glacier.core.protocols import Site, Spec
    from glacier.gcp.account import Account

__all__ = ["register"]

_MAKERS: Mapping[str, Callable[[Any, Site, Account], Any]] = {
    "database": register_database,
    "object_storage": register_storage,
    "secret": register_secret,
    "serverless": register_serverless,
}


def register(spec: Spec, site: Site, account: Account) -> Any:
    """Register the resources behind a spec; the native one, ``None`` for a schedule."""
    make = _MAKERS.get(spec.kind)
    return None if make is None else make(spec, site, account)
