"""The format ``file``: a file as a task made it, moved in whole and handed out as a path."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Iterator, Optional, Sequence

from glacier.core.errors import UnfitTarget, UnfitValue
from glacier.core.errors._base import a_type
from glacier.core.formats.choice import format_named, name_of_path
from glacier.core.formats.records import Columns, Parts

__all__ = ["FORMATS", "take_in"]


class _File:
    name = "file"
    extension = "file"

    def write(self, value: Any, kind: str, parts: Parts) -> Optional[Columns]:
        if kind != "path":
            raise UnfitValue(
                format=self.name,
                place="value",
                found=a_type(value),
                reason="it holds files, given as pathlib.Path",
                mend="Return a Path, or leave format= out and let the type choose.",
            )
        take_in(value, "".join(value.suffixes[-2:])[1:] or self.extension, self.name, parts)
        return None

    def write_items(self, items: Iterator[Any], parts: Parts) -> Optional[Columns]:
        for item in items:
            self.write(item, "path", parts)
        return None

    def read(self, paths: Sequence[str], kind: Optional[str]) -> Any:
        if kind is None or kind == "path":
            found = [Path(path) for path in paths]
            return found[0] if len(found) == 1 else found
        suggested = name_of_path(paths[0]) if paths else None
        if suggested is None:
            raise UnfitTarget(
                format=self.name,
                wanted=kind,
                mend="Its name does not say what it is: declare its format= on the dataset.",
            )
        return format_named(suggested).read(paths, kind)

    def items(self, paths: Sequence[str], kind: Optional[str]) -> Iterator[Any]:
        return map(Path, paths)


FORMATS = {"file": _File()}


def take_in(value: Path, extension: str, name: str, parts: Parts) -> None:
    """Move a file to the next part; one outside the scratch folder is copied and stays."""
    source = os.path.abspath(value)
    if not os.path.isfile(source):
        is_folder = os.path.isdir(source)
        raise UnfitValue(
            format=name,
            place="value",
            found=f"the path {source}",
            reason="it is a folder" if is_folder else "there is no such file",
            mend="Yield its files (Iterator[Path]), or put them into an archive."
            if is_folder
            else "Write the file before the task returns its path.",
        )
    target = parts.new(extension)
    if parts.scratch is None or _lies_in(source, parts.scratch):
        _move(source, target)
    else:
        _copy(source, target)


def _lies_in(path: str, folder: str) -> bool:
    folder = os.path.realpath(folder)
    return os.path.realpath(path).startswith(os.path.join(folder, ""))


def _move(source: str, target: str) -> None:
    import errno

    if os.path.islink(source):
        _copy(source, target)  # what it points to is somebody else's
        return
    try:
        os.replace(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(source, target)
        os.unlink(source)


def _copy(source: str, target: str) -> None:
    import shutil

    shutil.copyfile(source, target)
