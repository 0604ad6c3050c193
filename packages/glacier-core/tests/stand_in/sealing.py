"""Secrets in a stack's state: encrypted with a passphrase, which is asked of the environment."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from pathlib import Path
from typing import Any, Callable, Dict

__all__ = ["SealError", "Sealer", "is_secret", "opened", "passphrase"]

SIGN = "4dabf18193072939515e22adb298388d"  # of Pulumi's protocol, as the next
SECRET = "1b47061264138c4ac30d75fd1eb44270"


class SealError(Exception):
    """No passphrase, or another one."""


def passphrase() -> str:
    """The passphrase that is given here."""
    if "PULUMI_CONFIG_PASSPHRASE" in os.environ:
        return os.environ["PULUMI_CONFIG_PASSPHRASE"]
    file = os.environ.get("PULUMI_CONFIG_PASSPHRASE_FILE")
    if file:
        return Path(file).read_text().strip()
    raise SealError(
        "passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE "
        "environment variables"
    )


class Sealer:
    """Encrypts and decrypts values for one stack, whose ``salt`` is in its state."""

    def __init__(self, salt: str) -> None:
        seed, _, check = salt.partition(":")
        self._key = hashlib.sha256(f"{passphrase()}{seed}".encode()).digest()
        if check and check != self._mark():
            raise SealError("incorrect passphrase")
        self.salt = f"{seed}:{self._mark()}"

    def _mark(self) -> str:
        return hashlib.sha256(self._key).hexdigest()[:16]

    def seal(self, value: Any) -> Any:
        """A value of the protocol as it lies in the state."""

        def close(one: Dict[str, Any]) -> Dict[str, Any]:
            data = self._crypt(json.dumps(one["value"]).encode())
            return {"ciphertext": base64.b64encode(data).decode()}

        return _mapped(value, close)

    def unseal(self, value: Any) -> Any:
        """The value that was sealed."""

        def open_up(one: Dict[str, Any]) -> Dict[str, Any]:
            return {"value": json.loads(self._crypt(base64.b64decode(one["ciphertext"])))}

        return _mapped(value, open_up)

    def _crypt(self, data: bytes) -> bytes:
        blocks = range(len(data) // 32 + 1)
        stream = b"".join(hashlib.sha256(self._key + b"%d" % n).digest() for n in blocks)
        return bytes(a ^ b for a, b in zip(data, stream))


def is_secret(value: Any) -> bool:
    """Whether a value is a secret, in the state or in the protocol."""
    return isinstance(value, dict) and value.get(SIGN) == SECRET


def opened(value: Any) -> Any:
    """A value of the protocol without the marks of secrets, as a cloud gets it."""
    if is_secret(value):
        return opened(value["value"])
    if isinstance(value, dict):
        return {key: opened(one) for key, one in value.items()}
    return [opened(one) for one in value] if isinstance(value, list) else value


def _mapped(value: Any, change: Callable[[Dict[str, Any]], Dict[str, Any]]) -> Any:
    if is_secret(value):
        return {SIGN: SECRET, **change(value)}
    if isinstance(value, dict):
        return {key: _mapped(one, change) for key, one in value.items()}
    return [_mapped(one, change) for one in value] if isinstance(value, list) else value
