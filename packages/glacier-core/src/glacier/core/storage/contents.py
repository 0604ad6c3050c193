"""The content hash of a value that no version holds: what a run was fed with."""

from __future__ import annotations

import os
import shutil
from hashlib import sha256
from typing import Any, Optional

from glacier.core.errors import FormatError
from glacier.core.fingerprint.literals import literal
from glacier.core.formats import write_value
from glacier.core.scratch import new_scratch_folder
from glacier.core.storage.files import is_stream
from glacier.core.versions.writing import digest

__all__ = ["content_of"]


def content_of(value: Any) -> Optional[str]:
    """A hash that is equal only for equal values; ``None`` for one that has none.

    What has no literal is written as if it were stored, into a folder that is removed again. A
    stream has none: it would be used up.
    """
    text = literal(value)
    if text is not None:
        return sha256(f"literal {text}".encode()).hexdigest()
    if is_stream(value):
        return None
    folder = new_scratch_folder()
    try:
        return _written(value, folder, None) or _written(value, folder, "pickle")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _written(value: Any, folder: str, name: Optional[str]) -> Optional[str]:
    def stage(extension: str) -> str:
        return os.path.join(folder, f"{len(os.listdir(folder))}.{extension}")

    try:
        written = write_value(value, stage, format=name)
    except FormatError:
        return None
    known = [written.format, written.kind, *(digest(file.path)[1] for file in written.parts)]
    return sha256("\n".join(known).encode()).hexdigest()
