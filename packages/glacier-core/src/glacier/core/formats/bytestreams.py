"""Files as bytes, compressed ones unpacked on the way."""

from __future__ import annotations

import zlib
from contextlib import contextmanager
from typing import IO, Any, Generator

from glacier.core.errors import UnreadableData

__all__ = ["opened"]


@contextmanager
def opened(path: str, name: str) -> Generator[IO[bytes], None, None]:
    """A file to read; one that ends with ``.gz`` is unpacked as it is read.

    Raises :class:`~glacier.core.errors.UnreadableData` for one that cannot be unpacked.
    """
    if not path.endswith(".gz"):
        with open(path, "rb") as plain:
            yield plain
        return
    import gzip

    try:
        with gzip.open(path, "rb") as packed:
            stream: Any = packed
            yield stream
    except (EOFError, zlib.error, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise UnreadableData(
            path=path,
            format=name,
            reason=f"it cannot be unpacked ({error})",
            mend="It is damaged, or was only partly copied.",
        ) from error
