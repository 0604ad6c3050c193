"""Labels: what Google takes for tags, made of the tags that people gave."""

from __future__ import annotations

import string
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glacier.core.protocols import Site

__all__ = ["label", "labels_of"]

_ALLOWED = frozenset(string.ascii_lowercase + string.digits + "_-")
_DIGITS = 8
_LONGEST = 63


def labels_of(site: Site) -> dict[str, str]:
    """The tags of an environment as labels; users are shown those that had to be changed."""

    def make() -> dict[str, str]:
        found: dict[str, str] = {}
        for tag, value in site.tags.items():
            key, text = label(tag, is_key=True), label(value)
            found[key] = text
            site.changed("tag", f"{tag}={value}", f"{key}={text}")
        return found

    return dict(site.once("labels", make))


def label(text: str, *, is_key: bool = False) -> str:
    """A text of at most 63 lower-case ASCII letters, digits, ``_`` and ``-``.

    A key begins with a letter. Where something had to be changed or cut, a hash of the text
    follows, so that different texts remain different.
    """
    body = "".join(one if one in _ALLOWED else "-" for one in text.lower())
    if is_key and not body[:1].isalpha():
        body = f"g{body}"
    if body == text and len(body) <= _LONGEST:
        return body
    digest = sha256(text.encode()).hexdigest()[:_DIGITS]
    return f"{body[: _LONGEST - _DIGITS - 1]}-{digest}"
