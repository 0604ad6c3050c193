"""A zip whose bytes follow from its contents alone: sorted names, one time, two modes."""

from __future__ import annotations

import os
import shutil
import tempfile
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import IO, Iterable, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from glacier.core.bundle.records import Entry

__all__ = ["Archive", "write_archive"]

_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold
_PLAIN, _EXECUTABLE = 0o100644, 0o100755
_UNIX = 3
_LARGE = 1 << 31
_CHUNK = 1 << 20


class Archive(NamedTuple):
    """``sha256`` in hexadecimal, ``size`` in bytes."""

    path: Path
    sha256: str
    size: int


def write_archive(entries: Iterable[Entry], into: Path, name: str) -> Archive:
    """``{name}-{hash}.zip`` in folder ``into``; whoever looks there never sees a part of it.

    The same contents make the same bytes, whatever order, times and owners they have, as far as
    zlib is the same.
    """
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=str(into), prefix=".", suffix=".zip", delete=False) as new:
        path = Path(new.name)
    try:
        with ZipFile(path, "w", ZIP_DEFLATED) as archive:
            for entry in sorted(entries, key=lambda entry: entry.path):
                _write(archive, entry)
        digest, size = _digest(path), path.stat().st_size
        final = into / f"{name}-{digest[:16]}.zip"
        path.chmod(0o644)
        os.replace(str(path), str(final))
    except BaseException:
        path.unlink()
        raise
    return Archive(final, digest, size)


def _write(archive: ZipFile, entry: Entry) -> None:
    info = ZipInfo(entry.path, _TIME)
    info.compress_type = ZIP_DEFLATED
    info.create_system = _UNIX
    info.external_attr = (_EXECUTABLE if entry.is_executable else _PLAIN) << 16
    info.file_size = entry.size
    with _opened(entry) as source, archive.open(
        info, "w", force_zip64=entry.size >= _LARGE
    ) as target:
        shutil.copyfileobj(source, target, _CHUNK)


def _opened(entry: Entry) -> IO[bytes]:
    return BytesIO(entry.source) if isinstance(entry.source, bytes) else entry.source.open("rb")


def _digest(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as contents:
        for chunk in iter(lambda: contents.read(_CHUNK), b""):
            digest.update(chunk)
    return digest.hexdigest()
