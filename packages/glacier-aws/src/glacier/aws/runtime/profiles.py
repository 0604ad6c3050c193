"""The files in which AWS's tools keep regions and keys, read as far as those say them plainly."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from glacier.core.protocols import StoreError

__all__ = ["Profile", "find_profile"]

_MEANS = ("credential_process", "role_arn", "sso_session", "sso_start_url")


class Profile(NamedTuple):
    """What the files say of one profile.

    ``means`` is the setting by which a profile without keys says who asks.
    """

    name: str
    region: str | None = None
    key: str | None = None
    secret: str | None = None
    token: str | None = None
    means: str | None = None

    def __repr__(self) -> str:
        return f"Profile({self.name!r}, region={self.region!r}, key={self.key!r})"


def find_profile(address: str, env: Mapping[str, str]) -> Profile:
    """The profile that ``AWS_PROFILE`` names, or the default one.

    Raises :class:`~glacier.core.errors.StoreError` for one that is named and not there, and for a
    file that cannot be read.
    """
    named = env.get("AWS_PROFILE") or env.get("AWS_DEFAULT_PROFILE")
    name = named or "default"
    files = {
        "config": env.get("AWS_CONFIG_FILE") or "~/.aws/config",
        "credentials": env.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials",
    }
    found: dict[str, str] = {}
    known = False
    for kind, file in files.items():
        sections = _sections(address, os.path.expanduser(file))
        title = name if kind == "credentials" or name == "default" else f"profile {name}"
        known |= title in sections
        found.update(sections.get(title, {}))
    if named and not known:
        raise StoreError(
            where=address,
            reason=f"AWS_PROFILE names {name!r}, and {' and '.join(files.values())} do not",
            mend="Correct the name, or unset it.",
        )
    key, secret = found.get("aws_access_key_id"), found.get("aws_secret_access_key")
    means = next((one for one in _MEANS if one in found), None)
    whole = bool(key and secret) and "role_arn" not in found
    return Profile(
        name,
        found.get("region"),
        key if whole else None,
        secret if whole else None,
        found.get("aws_session_token") if whole else None,
        None if whole else means,
    )


def _sections(address: str, file: str) -> dict[str, dict[str, str]]:
    if not os.path.exists(file):
        return {}
    from configparser import Error, RawConfigParser

    parser = RawConfigParser(default_section="", strict=False)
    try:
        with open(file, encoding="utf-8") as text:
            parser.read_file(text)
    except FileNotFoundError:
        return {}
    except (OSError, Error, UnicodeDecodeError) as error:
        # The text of a parsing error quotes the line, which may hold a key.
        told = error.strerror if isinstance(error, OSError) else type(error).__name__
        reason = f"{file} cannot be read ({told})"
        raise StoreError(where=address, reason=reason, mend="Mend the file.") from None
    return {name: dict(parser.items(name)) for name in parser.sections()}
