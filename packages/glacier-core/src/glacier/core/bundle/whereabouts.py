"""Which folder a file's imports start from, and the project around it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Iterator, NamedTuple, Optional, Set, Tuple

from glacier.core.errors import CannotBundle

__all__ = ["Whereabouts", "folders_above", "locate", "project_of"]

_MARKS = ("pyproject.toml", "requirements.txt", "setup.py", "setup.cfg", ".git")


class Whereabouts(NamedTuple):
    """``root`` goes to the root of a bundle; ``target`` is ``FILE`` or ``FILE:PIPELINE`` in it."""

    root: Path
    target: str


def locate(target: str, pipeline: Optional[str] = None) -> Whereabouts:
    """Where a file, or a module by its dotted name, belongs in a bundle.

    The root is the folder that goes to ``sys.path`` when the file is loaded: its own or, of a file
    in a package, that of the outermost package; of a module in the working directory that
    directory. Raises :class:`~glacier.core.errors.CannotBundle` where there is no such file, or
    where the root is a folder that holds much more than a project, such as the home folder.
    """
    file = Path(target)
    root = None
    if not file.is_file():
        found, root = _module(target)
        if found is None:
            reason, mend = "there is no such file and no such module", "Name a file."
            raise CannotBundle(what=target, reason=reason, mend=mend)
        file = found
    file = file.resolve()
    if root is None:
        root = file.parent
        while (root / "__init__.py").is_file() and root.name.isidentifier():
            root = root.parent
    if root in _not_projects() and not _is_marked(root):
        raise CannotBundle(
            what=target,
            reason=f"it lies in {root}, and all of that folder would go into the bundle",
            mend="Move it to a folder of its own.",
        )
    inside = file.relative_to(root).as_posix()
    return Whereabouts(root, inside if pipeline is None else f"{inside}:{pipeline}")


def project_of(file: Path) -> Path:
    """The nearest folder around a file that looks like a project's, else the file's own."""
    for folder in folders_above(file):
        if _is_marked(folder):
            return folder
    return file.parent


def folders_above(file: Path) -> Iterator[Path]:
    """The folders around a file, nearest first, up to the top of its repository.

    Unless the file lies right in it, the home folder is none of them, nor is that for temporary
    files, nor what is above the two.
    """
    for folder in file.parents:
        if folder in _not_projects() and folder != file.parent:
            return
        yield folder
        if (folder / ".git").exists():
            return


def _is_marked(folder: Path) -> bool:
    return any((folder / mark).exists() for mark in _MARKS)


def _not_projects() -> Set[Path]:
    """Folders that hold much more than one project."""
    many = [Path.home(), Path(tempfile.gettempdir()).resolve()]
    return {folder for one in many for folder in (one, *one.parents)}


def _module(name: str) -> Tuple[Optional[Path], Optional[Path]]:
    """The file of a module and, if it is below the working directory, that directory."""
    from importlib.util import find_spec

    if not all(part.isidentifier() for part in name.split(".")):
        return None, None
    here = Path.cwd()
    stem = here.joinpath(*name.split("."))
    for file in (stem.with_suffix(".py"), stem / "__init__.py"):
        if file.is_file():
            return file, here.resolve()
    head, *rest = name.split(".")
    spec = find_spec(head)  # of the top alone: a module below it would import its package
    if spec is None or spec.origin is None or not os.path.isfile(spec.origin):
        return None, None
    top = Path(spec.origin)
    if not rest:
        return top, None
    stem = top.parent.joinpath(*rest)
    for file in (stem.with_suffix(".py"), stem / "__init__.py"):
        if file.is_file():
            return file, None
    return None, None
