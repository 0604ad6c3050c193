"""What the run-time parts for clouds have in common: how their buckets are reached."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Dict, Optional, Tuple

from glacier.core.errors import StoreError

__all__ = ["client_settings", "is_reachable", "is_true", "split_bucket"]

_RETRYING = 60  # seconds in which a request is tried again
_CONNECTING = 10  # seconds for a connection to be made
_WAITING = 1.0  # seconds in which the metadata service of a machine answers, if it has one


def split_bucket(address: str) -> Tuple[str, str]:
    """The bucket and the prefix, without a ``/`` at its end, of ``scheme://bucket/prefix``.

    Raises :class:`~glacier.core.errors.StoreError` for an address without a bucket.
    """
    scheme, _, rest = address.partition("://")
    bucket, _, prefix = rest.partition("/")
    if not bucket or "@" in bucket or ":" in bucket:
        mend = f"Write {scheme}://bucket/prefix."
        raise StoreError(where=address, reason="it names no bucket", mend=mend)
    return bucket, prefix.rstrip("/")


def client_settings(
    patience: float, *, endpoint: Optional[str] = None, without_tls: bool = False
) -> Dict[str, Any]:
    """The arguments of each of obstore's clients for connections and for trying again.

    ``patience`` is in seconds, for one request. Without TLS are endpoints that say so, and with
    ``without_tls`` all: the services that tell a machine who it is.
    """
    is_plain = endpoint is not None and endpoint.startswith("http://")
    return {
        "client_options": {
            "allow_http": without_tls or is_plain,
            "connect_timeout": timedelta(seconds=_CONNECTING),
            "timeout": timedelta(seconds=patience),
        },
        "retry_config": {"max_retries": 10, "retry_timeout": timedelta(seconds=_RETRYING)},
    }


def is_true(text: Optional[str]) -> bool:
    """Whether a variable of the environment says yes."""
    return (text or "").strip().lower() in ("1", "on", "true", "y", "yes")


def is_reachable(host: str, port: int = 80) -> bool:
    """Whether somebody answers there at once: a metadata service does on machines that have one."""
    import socket  # not needed where the environment says who asks

    try:
        with socket.create_connection((host, port), _WAITING):
            return True
    except OSError:
        return False
