"""Files that must never leave the machine: what looks as if it held a secret."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["is_confidential"]

_NAMES = re.compile(
    r"""(?ix)
    \.env | \.env\..* | .*\.env | \.?netrc | \.pgpass | \.pypirc | \.htpasswd | \.git-credentials
    | id_(rsa|dsa|ecdsa|ed25519) | .*\.(key|p12|pfx|jks|keystore|kdbx|ppk|tfstate|tfvars)
    | (aws_?)?credentials | secrets?\.(json|ya?ml|toml|ini) | Pulumi\..+\.ya?ml
    """
)
_TEXTS = (
    ".cer",
    ".cfg",
    ".conf",
    ".crt",
    ".ini",
    ".json",
    ".pem",
    ".toml",
    ".txt",
    ".yaml",
    ".yml",
)
_KEY = b"PRIVATE KEY-----"
_READ = 1 << 16


def is_confidential(file: Path) -> bool:
    """Whether a file has a name that secrets have, or is a text that holds a private key.

    What a link leads to is looked at by its own name too. Certificates alone are no secret.
    """
    if any(_NAMES.fullmatch(name) for name in (file.name, file.resolve().name)):
        return True
    if file.suffix.lower() not in _TEXTS:
        return False
    with file.open("rb") as contents:
        return _KEY in contents.read(_READ)
