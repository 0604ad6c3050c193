"""The user's own files in a bundle: which of those around a pipeline belong to it.

All that lies below the root, for a task may read any file that lies beside its module, but for

- what is hidden, bytecode, and what package managers leave;
- what ``.gitignore`` leaves out, so that a laptop and a fresh checkout make the same bundle;
- what ``.glacierignore`` leaves out; its ``!`` takes back what one of the lines above did;
- tests and built distributions, unless something that is carried imports them;
- version control, virtual environments and what looks like a secret: no line takes these back.

Packages of the same project that are imported and lie elsewhere in it, such as in ``src/``, are
carried too.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import List, NamedTuple, Sequence, Set, Tuple

from glacier.core.bundle.confidential import is_confidential
from glacier.core.bundle.ignoring import Rule, is_ignored, read_rules, rules_of
from glacier.core.bundle.importing import Import, imports_of
from glacier.core.bundle.records import Entry
from glacier.core.bundle.whereabouts import folders_above, project_of
from glacier.core.errors import CannotBundle

__all__ = ["Sources", "user_sources"]

USERS = ""  # the part that user code belongs to

_BUILT_IN = rules_of(
    [".*", "*.py[co]", "node_modules/", "*.egg-info/", "*.dist-info/", "Thumbs.db"]
)
_SPARE = rules_of(["tests/", "test_*.py", "conftest.py", "build/", "dist/"])
_NEVER = {".git", ".glacier", ".hg", ".svn", "__pycache__"}
_TOLD = 5


class Sources(NamedTuple):
    """The user's files, what they import (with the path of the importing one), and what of the
    decisions is worth telling."""

    entries: List[Entry]
    imports: List[Tuple[str, Import]]
    notes: List[str]


def user_sources(root: Path, file: Path, *, without: Sequence[Path] = ()) -> Sources:
    """The files that go with ``file``, whose imports start from ``root``; none of the folders
    ``without``.

    Raises :class:`~glacier.core.errors.CannotBundle` for a name that no archive can hold, and for
    what cannot be read.
    """
    project = project_of(file)
    walk = _Walk(_top(root, project), {path.resolve() for path in without})
    try:
        walk.add(root, "")
        walk.add_spares()
        while walk.add_packages(root, project):
            walk.add_spares()
    except OSError as error:
        reason = f"{error.filename} cannot be read ({error.strerror})"
        mend = "Let it be read, or leave it out by .glacierignore."
        raise CannotBundle(what=str(file), reason=reason, mend=mend) from error
    paths = {entry.path for entry in walk.entries}
    imports = [(path, one) for path, one in walk.imports if path in paths]
    return Sources(walk.entries, imports, walk.notes())


def _some(names: List[str]) -> str:
    more = f" and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
    return ", ".join(names[:_TOLD]) + more


class _Walk:
    """Gathers files; ``top`` is the folder from which lines of ``.gitignore`` apply, ``without``
    are folders that are passed over."""

    def __init__(self, top: Path, without: Set[Path]) -> None:
        self.entries: List[Entry] = []
        self.imports: List[Tuple[str, Import]] = []
        self._top = top
        self._without = without
        self._spare: List[Tuple[Path, str]] = []
        self._ignored: List[str] = []
        self._secrets: List[str] = []
        self._looked_for: Set[str] = set()

    def add(self, folder: Path, inside: str) -> None:
        """All of a folder, as ``inside`` of the bundle, which is ``""`` or ends with a slash."""
        git: List[Rule] = []
        own: List[Rule] = []
        for above in reversed(folder.parents):
            if above != self._top and self._top not in above.parents:
                continue
            git += read_rules(above / ".gitignore", self._from_top(above))
            own += read_rules(above / ".glacierignore", self._from_top(above))
        self._folder(folder, inside, git, own, {folder.resolve()})

    def add_spares(self) -> None:
        """Tests and the like, as far as what is carried imports them."""
        used = self._used()
        waiting, self._spare = self._spare, []
        for path, inside in waiting:
            if path.stem not in used:
                self._spare.append((path, inside))
            elif path.is_dir():
                self.add(path, f"{inside}/")
            else:
                self._file(path, inside)

    def add_packages(self, root: Path, project: Path) -> bool:
        """Packages of the project that are imported and not below the root; whether there were."""
        if project != root and project not in root.parents:
            return False
        carried = {entry.path.partition("/")[0] for entry in self.entries}
        tops = {one.top for _, one in self.imports if one.top} - self._looked_for
        self._looked_for |= tops
        found = False
        for name in sorted(tops):
            if name in carried or f"{name}.py" in carried or name == "glacier":
                continue
            for folder in (project / "src", project):
                if folder != root and self._package(folder, name):
                    found = True
                    break
        return found

    def notes(self) -> List[str]:
        """What was left out of what somebody may miss."""
        told: List[str] = []
        if self._secrets:
            told.append(f"left out, for it looks like a secret: {_some(self._secrets)}")
        if self._ignored:
            told.append(f"left out by .gitignore or .glacierignore: {_some(self._ignored)}")
        return told

    def _package(self, folder: Path, name: str) -> bool:
        package, module = folder / name, folder / f"{name}.py"
        is_package = (package / "__init__.py").is_file()
        if not is_package and not module.is_file():
            return False
        source = package if is_package else module
        # Below the root it lies too deep to be imported: it is carried at one place, the right one.
        self.entries = [e for e in self.entries if not _is_within(e, source)]
        if is_package:
            self.add(package, f"{name}/")
        else:
            self._file(module, module.name)
        return True

    def _folder(
        self, folder: Path, inside: str, git: List[Rule], own: List[Rule], seen: Set[Path]
    ) -> None:
        base = self._from_top(folder)
        git = [*git, *read_rules(folder / ".gitignore", base)]
        own = [*own, *read_rules(folder / ".glacierignore", base)]
        for name in sorted(os.listdir(folder)):
            path = folder / name
            is_folder = path.is_dir()
            if name in _NEVER or os.path.exists(path / "pyvenv.cfg"):
                continue
            if not is_folder and not path.is_file():
                continue  # a socket, a pipe, a link to nothing
            if self._is_left_out(path, f"{base}/{name}" if base else name, inside, git, own):
                continue
            if not is_folder:
                self._file(path, f"{inside}{name}")
            elif (
                path.resolve() not in seen | self._without
            ):  # a link to a folder around it would never end
                self._folder(path, f"{inside}{name}/", git, own, {*seen, path.resolve()})

    def _is_left_out(
        self, path: Path, told: str, inside: str, git: List[Rule], own: List[Rule]
    ) -> bool:
        is_folder = path.is_dir()
        if not is_folder and is_confidential(path):
            self._secrets.append(inside + path.name)
            return True
        if not is_ignored(told, is_folder, [*_BUILT_IN, *_SPARE, *git, *own]):
            return False
        if not is_ignored(told, is_folder, [*_BUILT_IN, *git, *own]):
            self._spare.append((path, inside + path.name))
        elif not is_ignored(told, is_folder, _BUILT_IN):
            self._ignored.append(inside + path.name + ("/" if is_folder else ""))
        return True

    def _file(self, path: Path, inside: str) -> None:
        try:
            inside.encode()
        except UnicodeEncodeError as error:
            reason = f"the name of {inside!r} is no text, and an archive cannot hold it"
            raise CannotBundle(what=str(path.parent), reason=reason, mend="Rename it.") from error
        is_executable = bool(path.stat().st_mode & 0o100)
        self.entries.append(Entry(inside, path, USERS, is_executable))
        if path.suffix == ".py":
            self.imports += [(inside, one) for one in imports_of(path)]

    def _from_top(self, folder: Path) -> str:
        return "" if folder == self._top else folder.relative_to(self._top).as_posix()

    def _used(self) -> Set[str]:
        return {
            name for _, one in self.imports for name in [*one.module.split("."), *one.names] if name
        }


def _is_within(entry: Entry, path: Path) -> bool:
    return isinstance(entry.source, Path) and (entry.source == path or path in entry.source.parents)


def _top(root: Path, project: Path) -> Path:
    """The top of the repository around a root, else of the project."""
    for folder in folders_above(root / "file"):
        if (folder / ".git").exists():
            return folder
    return project if project in root.parents else root
