"""Which account and who asks: found as Azure's own tools find it, without an SDK."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from typing import Any, NamedTuple

from glacier.core.protocols import StoreError, is_reachable, is_true

__all__ = ["NoCredentials", "Settings", "settings_of"]

_PUBLIC = "core.windows.net"
_METADATA = ("169.254.169.254", 80)
_KEYS = (
    "AZURE_STORAGE_ACCESS_KEY",
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_SAS_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_STORAGE_TOKEN",
)
# Any of these says who asks, together with the client and the tenant.
_PRINCIPALS = ("AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE")
_ENDPOINTS = ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT")


class NoCredentials(StoreError):
    """Nothing here says who asks."""

    def __init__(self, *, where: str) -> None:
        super().__init__(
            where=where,
            reason="there are no credentials for Azure: none in the environment, no identity of an "
            "app or a machine, and no command line 'az'",
            mend="Run 'az login', or set AZURE_STORAGE_CONNECTION_STRING; for a container that "
            "everybody may read, AZURE_SKIP_SIGNATURE=true.",
        )


class Settings(NamedTuple):
    """What a client is made of; ``given`` are the values of the environment that obstore reads."""

    account: str
    endpoint: str | None = None
    key: str | None = None
    signature: str | None = None
    by_az: bool = False
    on_machine: bool = False
    unsigned: bool = False
    given: tuple[str | None, ...] = ()

    def __repr__(self) -> str:
        return f"Settings(account={self.account!r}, endpoint={self.endpoint!r})"

    def config(self) -> Any:
        """The same as obstore calls it."""
        told = {
            "account_name": self.account,
            "endpoint": self.endpoint,
            "account_key": self.key,
            "sas_key": self.signature,
            "use_azure_cli": self.by_az or None,
            "skip_signature": self.unsigned or None,
        }
        return {name: value for name, value in told.items() if value is not None}


def settings_of(
    address: str, account: str = "", *, environ: Mapping[str, str] | None = None
) -> Settings:
    """The settings for an address; ``account`` is the host in it that names one, if it does.

    Raises :class:`NoCredentials`, and :class:`~glacier.core.errors.StoreError` where no account is
    named.
    """
    env = os.environ if environ is None else environ
    told = _connection(env.get("AZURE_STORAGE_CONNECTION_STRING", ""))
    name, _, domain = account.partition(".")
    same = not name or name == told.get("AccountName")
    name = name or env.get("AZURE_STORAGE_ACCOUNT_NAME") or told.get("AccountName", "")
    if not name:
        raise StoreError(
            where=address,
            reason="no storage account is named",
            mend="Set AZURE_STORAGE_ACCOUNT_NAME, or write "
            "abfss://container@account.dfs.core.windows.net/prefix.",
        )
    endpoint = next((env[one] for one in _ENDPOINTS if env.get(one)), None) or _endpoint(
        name, domain, told if same else {}
    )
    given = tuple(env.get(one) or None for one in (*_KEYS, *_PRINCIPALS, "AZURE_CLIENT_ID"))
    found = Settings(name, endpoint, given=given)
    if is_true(env.get("AZURE_SKIP_SIGNATURE")):
        return found._replace(unsigned=True)
    key, signature = told.get("AccountKey"), told.get("SharedAccessSignature")
    if same and (key or signature):
        return found._replace(key=key, signature=None if key else signature)
    return _asking(address, found, env)


def _asking(address: str, found: Settings, env: Mapping[str, str]) -> Settings:
    """The settings where no connection string says who asks."""
    if any(env.get(one) for one in (*_KEYS, *_PRINCIPALS)):
        return found
    if env.get("IDENTITY_ENDPOINT") or is_reachable(*_METADATA):
        return found._replace(on_machine=True)
    if shutil.which("az", path=env.get("PATH")):
        return found._replace(by_az=True)
    raise NoCredentials(where=address)


def _connection(text: str) -> dict[str, str]:
    """The parts of a connection string; a value may hold ``=``."""
    pairs = [part.partition("=") for part in text.split(";")]
    return {name.strip(): value for name, mark, value in pairs if mark}


def _endpoint(name: str, domain: str, told: Mapping[str, str]) -> str | None:
    """Where the account is, unless that is where accounts are of themselves."""
    if told.get("BlobEndpoint"):
        return told["BlobEndpoint"].rstrip("/")
    suffix = domain.partition(".")[2] or told.get("EndpointSuffix", _PUBLIC)
    return None if suffix == _PUBLIC else f"https://{name}.blob.{suffix}"
