"""Where S3 is and who asks: found as AWS's own tools find it, as far as it needs no SDK."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from glacier.aws.runtime.profiles import Profile, find_profile
from glacier.core.protocols import StoreError, is_reachable, is_true

__all__ = ["NoCredentials", "Settings", "settings_of"]

_METADATA = "http://169.254.169.254"
_CONTAINER = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")


class NoCredentials(StoreError):
    """Nothing here says who asks; ``looked`` is where that was looked for."""

    def __init__(self, *, where: str, looked: str) -> None:
        super().__init__(
            where=where,
            reason=f"there are no credentials for AWS: {looked}",
            mend="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; for a bucket "
            "that is open to everybody, AWS_SKIP_SIGNATURE=true.",
        )


class Settings(NamedTuple):
    """What a client is made of; without a key, obstore asks for one where the process runs."""

    region: str | None = None
    endpoint: str | None = None
    key: str | None = None
    secret: str | None = None
    token: str | None = None
    metadata: str | None = None
    unsigned: bool = False

    def __repr__(self) -> str:
        return f"Settings(region={self.region!r}, endpoint={self.endpoint!r}, key={self.key!r})"

    def config(self) -> Any:
        """The same as obstore calls it."""
        told = {
            "region": self.region,
            "endpoint": self.endpoint,
            "aws_endpoint_url_s3": self.endpoint,
            "access_key_id": self.key,
            "secret_access_key": self.secret,
            "session_token": self.token,
            "metadata_endpoint": self.metadata,
            "skip_signature": self.unsigned or None,
        }
        return {name: value for name, value in told.items() if value is not None}


def settings_of(
    address: str,
    *,
    region: str | None = None,
    endpoint: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """The settings for an address; ``region`` and ``endpoint`` go before what is found.

    Raises :class:`NoCredentials`, and :class:`~glacier.core.errors.StoreError` for a profile that
    says who asks in a way that needs AWS's SDK.
    """
    env = os.environ if environ is None else environ
    profile = find_profile(address, env)
    found = Settings(
        region=region or env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or profile.region,
        endpoint=endpoint or env.get("AWS_ENDPOINT_URL_S3") or env.get("AWS_ENDPOINT_URL") or None,
        unsigned=is_true(env.get("AWS_SKIP_SIGNATURE")),
    )
    if found.unsigned:
        return found
    key, secret = env.get("AWS_ACCESS_KEY_ID"), env.get("AWS_SECRET_ACCESS_KEY")
    if key and secret:
        token = env.get("AWS_SESSION_TOKEN")
        return found._replace(key=key, secret=secret, token=token)
    if env.get("AWS_WEB_IDENTITY_TOKEN_FILE") and env.get("AWS_ROLE_ARN"):
        return found  # which obstore reads by itself
    return _asking(address, found, profile, env)


def _asking(address: str, found: Settings, profile: Profile, env: Mapping[str, str]) -> Settings:
    """The settings of a process whose environment names neither keys nor a web identity."""
    if profile.key:
        return found._replace(key=profile.key, secret=profile.secret, token=profile.token)
    if profile.means:
        raise StoreError(
            where=address,
            reason=f"profile {profile.name!r} says who asks by {profile.means}, for which AWS's "
            "own tools are needed",
            mend='Let them: eval "$(aws configure export-credentials --format env '
            f'--profile {profile.name})".',
        )
    if any(env.get(name) for name in _CONTAINER):
        return found
    metadata = env.get("AWS_METADATA_ENDPOINT") or env.get("AWS_EC2_METADATA_SERVICE_ENDPOINT")
    if not is_true(env.get("AWS_EC2_METADATA_DISABLED")) and _answers(metadata or _METADATA):
        return found._replace(metadata=metadata)
    looked = f"none in the environment, none of profile {profile.name!r}, and no role of a machine"
    raise NoCredentials(where=address, looked=looked)


def _answers(endpoint: str) -> bool:
    """Whether somebody is there; anywhere but on a machine of AWS nobody is."""
    from urllib.parse import urlsplit  # not needed where the environment says who asks

    parts = urlsplit(endpoint)
    try:
        return is_reachable(parts.hostname or "", parts.port or 80)
    except ValueError:  # no port
        return False
