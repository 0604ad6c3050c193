"""Containers by their ids, and the addresses at which the run-time part opens them."""

from __future__ import annotations

import re

from glacier.azure.account import cloud_of

__all__ = ["address_of"]

_OF_MANAGER = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Storage"
    r"/storageAccounts/(?P<account>[^/]+)/blobServices/default/containers/(?P<name>[^/]+)",
    re.IGNORECASE,
)
# The older SDK knows containers and file systems by their URLs.
_OF_URL = re.compile(
    r"https://(?P<account>[^/.]+)\.(blob|dfs)\.(?P<domain>[^/]+)/(?P<name>[^/]+)/?"
)


def address_of(native_id: str, *, region: str) -> str | None:
    """The address of a container; ``None`` for an id of another form.

    The id that Azure's manager gives does not tell in which of Azure's clouds it is: that is told
    by ``region``.
    """
    found = _OF_URL.fullmatch(native_id)
    if found is not None:
        return f"abfss://{found['name']}@{found['account']}.dfs.{found['domain']}"
    found = _OF_MANAGER.fullmatch(native_id)
    if found is None:
        return None
    return f"abfss://{found['name']}@{found['account']}.dfs.{cloud_of(region).storage}"
