"""The stores of a deployed pipeline, opened by a client of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from glacier.aws.runtime import open_store
from glacier.core.protocols import ObjectStore, client_settings, need_obstore, split_bucket
from glacier.core.protocols import open_store as open_any

if TYPE_CHECKING:
    from glacier.aws.client.session import Session
    from glacier.core.protocols import Store

__all__ = ["opener"]


def opener(session: Session) -> Callable[[str], Store]:
    """What opens the store of an address.

    Buckets are read by whom the provider's settings name; without a profile and a role there, by
    whom each process finds.
    """
    account = session.account
    is_plain = account.profile is None and account.assume_role is None

    def open_at(address: str) -> Store:
        if not address.startswith(("s3://", "s3a://")):
            return open_any(address)
        if is_plain:
            return open_store(address, region=account.region)
        bucket, prefix = split_bucket(address)
        need_obstore(address)
        return ObjectStore(address, _connection(session, bucket), prefix=prefix)

    return open_at


def _connection(session: Session, bucket: str) -> Callable[[float], Any]:
    def connect(patience: float) -> Any:
        from obstore.auth.boto3 import Boto3CredentialProvider
        from obstore.store import S3Store

        endpoint = session.client("s3").meta.endpoint_url
        own = endpoint if ".amazonaws.com" not in endpoint else None
        config: Any = {"region": session.account.region}
        if own is not None:
            config["endpoint"] = own
        return S3Store(
            bucket,
            config=config,
            credential_provider=Boto3CredentialProvider(session.boto3),
            **client_settings(patience, endpoint=own),
        )

    return connect
