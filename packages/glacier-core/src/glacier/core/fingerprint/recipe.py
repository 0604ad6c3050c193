"""The fingerprint of one call: everything that its result depends on, hashed together."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Mapping, Optional, Sequence, Tuple

from glacier.core.fingerprint.literals import literal

__all__ = ["combine"]

_FORMAT = "glacier fingerprint 1"


def combine(
    *,
    code: Optional[str],
    version: Optional[str],
    params: Mapping[str, Any],
    inputs: Sequence[Tuple[str, Optional[str]]],
) -> Optional[str]:
    """The fingerprint: 64 hexadecimal digits; ``None`` if something has none of its own.

    ``code`` is the hash of the function, ``version`` what the user says of it; at least one of them
    is needed. ``inputs`` are the parameters that datasets fill, with the content hash of each.
    """
    if code is None and version is None:
        return None
    lines = [_FORMAT, f"code {code}", f"version {version!a}"]
    for name in sorted(params):
        text = literal(params[name])
        if text is None:
            return None
        lines.append(f"param {name} {text}")
    for parameter, content in inputs:
        if content is None:
            return None
        lines.append(f"input {parameter} {content}")
    return sha256("\n".join(lines).encode()).hexdigest()
