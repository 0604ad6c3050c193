"""Where Cloud Storage is and who asks: found as Google's own tools find it, without an SDK."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from glacier.core.protocols import StoreError, is_reachable, is_true

__all__ = ["NoCredentials", "Settings", "settings_of"]

_METADATA = "metadata.google.internal"
# What obstore reads of the environment by itself.
_NAMED = (
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_BEARER_TOKEN",
    "GOOGLE_SERVICE_ACCOUNT",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
    "GOOGLE_SERVICE_ACCOUNT_PATH",
)
_LOGIN = "application_default_credentials.json"


class NoCredentials(StoreError):
    """Nothing here says who asks."""

    def __init__(self, *, where: str) -> None:
        super().__init__(
            where=where,
            reason="there are no credentials for Google Cloud: none in the environment, none of a "
            "login, and no service account of a machine",
            mend="Run 'gcloud auth application-default login', or set "
            "GOOGLE_APPLICATION_CREDENTIALS; for a bucket that everybody may read, "
            "GOOGLE_SKIP_SIGNATURE=true.",
        )


class Settings(NamedTuple):
    """What a client is made of; ``given`` are the values of the environment that obstore reads."""

    endpoint: str | None = None
    login: str | None = None
    on_machine: bool = False
    emulated: bool = False
    unsigned: bool = False
    given: tuple[str | None, ...] = ()

    def __repr__(self) -> str:
        return f"Settings(endpoint={self.endpoint!r}, login={self.login!r})"

    def config(self) -> Any:
        """The same as obstore calls it."""
        told = {
            "base_url": self.endpoint,
            "application_credentials": self.login,
            # An emulator asks nobody who they are, and obstore writes nothing unsigned.
            "bearer_token": "emulator" if self.emulated else None,
            "skip_signature": self.unsigned or None,
        }
        return {name: value for name, value in told.items() if value is not None}


def settings_of(
    address: str, *, endpoint: str | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """The settings for an address; ``endpoint`` goes before what is found.

    Raises :class:`NoCredentials`.
    """
    env = os.environ if environ is None else environ
    emulator = env.get("STORAGE_EMULATOR_HOST") or None
    if emulator is not None and "://" not in emulator:
        emulator = f"http://{emulator}"
    given = tuple(env.get(name) or None for name in _NAMED)
    found = Settings(endpoint or env.get("GOOGLE_BASE_URL") or emulator, given=given)
    if is_true(env.get("GOOGLE_SKIP_SIGNATURE")):
        return found._replace(unsigned=True)
    if any(given):
        return found
    if emulator is not None:
        return found._replace(emulated=True)
    login = _login(env)
    if os.path.isfile(login):
        return found._replace(login=login)
    if _answers(env):
        return found._replace(on_machine=True)
    raise NoCredentials(where=address)


def _login(env: Mapping[str, str]) -> str:
    """The file that a login with gcloud leaves."""
    if env.get("CLOUDSDK_CONFIG"):
        return os.path.join(env["CLOUDSDK_CONFIG"], _LOGIN)
    if os.name == "nt":
        return os.path.join(env.get("APPDATA", ""), "gcloud", _LOGIN)
    return os.path.expanduser(os.path.join("~", ".config", "gcloud", _LOGIN))


def _answers(env: Mapping[str, str]) -> bool:
    """Whether the metadata service is there; anywhere but on a machine of Google nobody is."""
    named = env.get("GCE_METADATA_HOST") or env.get("GCE_METADATA_ROOT") or _METADATA
    host, _, port = named.partition(":")
    try:
        return is_reachable(host, int(port or 80))
    except ValueError:  # no port
        return False
