"""Lines of ``requirements.txt``, as far as wheels can be had by them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import List, NamedTuple, Optional, Tuple

from glacier.core.bundle.requirements import Requirements
from glacier.core.errors import CannotBundle

__all__ = ["read_requirements_txt"]

_OTHER_FILE = re.compile(r"(?:(-r|-c)\s*|(--requirement|--constraint)[\s=]+)(.+)")
_EDITABLE = re.compile(r"(?:-e\s*|--editable[\s=]+)(.+)")
_REPOSITORY = re.compile(r"(?:[\w.-]+\s*(?:\[[^]]*\])?\s*@\s*)?(?:git|hg|svn|bzr)\+", re.IGNORECASE)
_LINKS = re.compile(r"(?:-f\s*|--find-links[\s=]+)(.+)")
_PROJECTS_OWN = (".", "./")


class _Lines(NamedTuple):
    lines: List[str]
    options: List[str]
    constraints: List[str]
    own: List[Path]  # folders of projects that are installed themselves


def read_requirements_txt(file: Path) -> Tuple[Requirements, Tuple[Path, ...]]:
    """What a file asks for, with what ``-r`` and ``-c`` bring, and the folders that it installs
    as projects.

    Raises :class:`~glacier.core.errors.CannotBundle` for what has no wheel: a folder that is not
    around the file, a repository, an archive of sources.
    """
    found = _Lines([], [], [], [])
    _read(file, found, found.lines, [])
    requirements = Requirements(
        tuple(found.lines), tuple(found.options), tuple(found.constraints), origin=file.name
    )
    return requirements, tuple(found.own)


def _read(file: Path, found: _Lines, into: List[str], above: List[Path]) -> None:
    if file in above:
        return
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        asker = f", which {above[-1].name} asks for," if above else ""
        reason = f"{file}{asker} cannot be read ({getattr(error, 'strerror', 0) or error})"
        raise CannotBundle(what="the requirements", reason=reason, mend="Correct it.") from error
    for line in re.sub(r"\\\r?\n", "", text).splitlines():
        line = re.sub(r"(^|\s)#.*$", "", line).strip()
        other = _OTHER_FILE.fullmatch(line)
        if other is not None:
            name = other[3].strip().strip("\"'")
            is_constraint = (other[1] or other[2]) in ("-c", "--constraint")
            target = found.constraints if is_constraint else into
            _read((file.parent / name).resolve(), found, target, [*above, file])
        elif line:
            _take(line, file, found, into)


def _take(line: str, file: Path, found: _Lines, into: List[str]) -> None:
    editable = _EDITABLE.fullmatch(line)
    what = (editable[1] if editable else line).strip().strip("\"'")
    folder = _folder(what, file)
    if folder is not None and (folder in file.parents):
        found.own.append(folder)
    elif editable is not None or folder is not None or _REPOSITORY.match(what):
        raise CannotBundle(
            what="the requirements",
            reason=f"{file.name} has {line!r}, and a bundle takes wheels alone",
            mend="Build a wheel of it, and write the wheel's path or URL there.",
        )
    elif line.startswith("-"):
        found.options.append(_option(line, file))
    else:
        into.append(_absolute(line, file))


def _folder(what: str, file: Path) -> Optional[Path]:
    """The folder on this machine that a line names."""
    path = re.sub(r"\[[^]]*\]$", "", what)
    if path.startswith((".", "/")) or path in _PROJECTS_OWN:
        folder = (file.parent / path).resolve()
        return folder if folder.is_dir() else None
    return None


def _option(line: str, file: Path) -> str:
    """An option; a folder of wheels as the path that it has from anywhere."""
    links = _LINKS.fullmatch(line)
    if links is None or "://" in links[1]:
        return line
    return f"--find-links {(file.parent / links[1]).resolve().as_uri()}"


def _absolute(line: str, file: Path) -> str:
    """A wheel by its path, as the URL that the resolver takes from any folder."""
    path = line.partition(";")[0].strip()
    if path.endswith(".whl") and "://" not in path and "@" not in path:
        return line.replace(path, (file.parent / path).resolve().as_uri(), 1)
    return line
