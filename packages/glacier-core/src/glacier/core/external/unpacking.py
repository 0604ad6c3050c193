"""Packed files, unpacked a block at a time."""

from __future__ import annotations

import os
import sys
import zlib
from importlib import import_module
from typing import Iterator

from glacier.core.errors import UnreadableData
from glacier.core.external.naming import unpacked_name
from glacier.core.libraries import installed, library

__all__ = ["unpacked"]

_BLOCK = 1 << 20
_MODULES = {".gz": "gzip", ".bz2": "bz2", ".xz": "lzma"}


def unpacked(path: str, folder: str) -> str:
    """The path of the unpacked file, which is made in ``folder``; of a plain file its own path.

    Raises :class:`~glacier.core.errors.UnreadableData` and
    :class:`~glacier.core.errors.MissingLibrary`.
    """
    name, ending = unpacked_name(os.path.basename(path))
    if ending is None:
        return path
    target = os.path.join(folder, name or "data")
    try:
        with open(target, "wb") as file:
            for block in _blocks(path, ending):
                file.write(block)
    except Exception as error:
        if not _is_damage(error):
            raise
        raise UnreadableData(
            path=path,
            format=ending[1:],
            reason=f"it cannot be unpacked ({error})",
            mend="It is damaged, or was only partly copied.",
        ) from error
    return target


def _blocks(path: str, ending: str) -> Iterator[bytes]:
    if ending == ".zst" and sys.version_info < (3, 14) and not installed("pyarrow"):
        yield from _frames(path)
        return
    if ending in _MODULES:
        stream = import_module(_MODULES[ending]).open(path, "rb")
    elif sys.version_info >= (3, 14):
        stream = import_module("compression.zstd").open(path, "rb")
    else:
        stream = library("pyarrow", need="a .zst file").input_stream(path, compression="zstd")
    with stream:
        yield from iter(lambda: stream.read(_BLOCK), b"")


def _frames(path: str) -> Iterator[bytes]:
    """By zstandard, whose own streams do not notice a file that is cut off."""
    tool = library("zstandard", need="a .zst file").ZstdDecompressor()
    frame, whole = tool.decompressobj(), True
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(_BLOCK), b""):
            while block:
                if whole:
                    frame = tool.decompressobj()
                yield frame.decompress(block)
                whole, block = frame.eof, frame.unused_data
    if not whole:
        raise EOFError("it is cut off")


def _is_damage(error: Exception) -> bool:
    """Whether a library says that the data are wrong, and not the system that it may not read."""
    if isinstance(error, OSError):
        return error.errno is None
    known = isinstance(error, (EOFError, zlib.error, ValueError))
    return known or type(error).__name__ in ("LZMAError", "ZstdError", "ArrowInvalid")
