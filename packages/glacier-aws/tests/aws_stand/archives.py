"""Pulumi's assets and archives, as bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi

__all__ = ["asset_bytes", "zipped"]


def asset_bytes(asset: Any) -> bytes:
    """What is in an asset, or a zip of an archive."""
    if isinstance(asset, pulumi.StringAsset):
        return str(asset.text).encode()
    if isinstance(asset, pulumi.FileAsset):
        return Path(asset.path).read_bytes()
    return zipped(asset)


def zipped(archive: Any) -> bytes:
    """A zip of an archive; one that is a zip already stays as it is."""
    if isinstance(archive, pulumi.FileArchive) and Path(archive.path).is_file():
        return Path(archive.path).read_bytes()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in _members(archive, ""):
            target.writestr(name, content)
    return made.getvalue()


def _members(one: Any, name: str) -> Iterator[tuple[str, bytes]]:
    if isinstance(one, pulumi.AssetArchive):
        for key, value in one.assets.items():
            yield from _members(value, f"{name}/{key}".lstrip("/"))
    elif isinstance(one, pulumi.FileArchive) and Path(one.path).is_dir():
        root = Path(one.path)
        for file in sorted(path for path in root.rglob("*") if path.is_file()):
            inside = file.relative_to(root).as_posix()
            yield f"{name}/{inside}".lstrip("/"), file.read_bytes()
    elif isinstance(one, (pulumi.StringAsset, pulumi.FileAsset)):
        yield name, asset_bytes(one)
    else:
        raise TypeError(f"the stand knows no archives like {one!r}")
