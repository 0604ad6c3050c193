"""Where a pipeline's requirements are declared, and which declaration counts.

In this order, and only the first that there is:

1. the file's own inline metadata (PEP 723, ``# /// script``);
2. ``dependencies`` under ``[project]`` in a ``pyproject.toml``;
3. a ``requirements.txt``.

The last two stand in the file's folder or in the nearest above it that has one of them, up to the
top of the repository. ``exclude`` under ``[tool.glacier.bundle]``, in the inline metadata or a
``pyproject.toml`` on that way, names distributions that are left out though others require them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple, cast

from glacier.core.bundle.requirements import Requirements, distribution_name
from glacier.core.bundle.requirements_txt import read_requirements_txt
from glacier.core.bundle.whereabouts import folders_above
from glacier.core.errors import CannotBundle, MissingLibrary

__all__ = ["declared_requirements"]

# The expression of the inline metadata specification.
_SCRIPT = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$")


def declared_requirements(file: Path) -> Requirements:
    """The requirements of a file, and a note on each declaration that does not count.

    Raises :class:`~glacier.core.errors.CannotBundle` for one that cannot be read.
    """
    found: List[Requirements] = []
    excluded: List[str] = []
    inline = _inline(file)
    if inline is not None:
        found.append(inline)
        excluded += inline.excluded
    for folder in folders_above(file):
        excluded += _excluded_by(folder / "pyproject.toml")
        here = [_pyproject(folder / "pyproject.toml"), _text(folder / "requirements.txt")]
        found += [one for one in here if one is not None]
        if any(one is not None for one in here):
            break
    if not found:
        return Requirements()
    chosen, *others = found
    note = [f"{one.origin} is not used: {chosen.origin} comes first" for one in others]
    names = tuple(sorted({distribution_name(name) for name in excluded}))
    return chosen._replace(excluded=names, notes=(*chosen.notes, *note))


def _inline(file: Path) -> Optional[Requirements]:
    text = file.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n")
    blocks = [one for one in _SCRIPT.finditer(text) if one["type"] == "script"]
    if not blocks:
        return None
    origin = f"the inline metadata of {file.name}"
    if len(blocks) > 1:
        raise CannotBundle(
            what=file.name, reason=f"it has {len(blocks)} blocks '# /// script'", mend="Leave one."
        )
    content = blocks[0]["content"].splitlines()
    data = _toml("\n".join(line[2:] for line in content), origin)
    lines = _strings(data.get("dependencies", []), origin)
    return Requirements(lines, origin=origin, excluded=_excluded(data, origin))


def _pyproject(file: Path) -> Optional[Requirements]:
    if not file.is_file():
        return None
    data = _toml(file.read_text(encoding="utf-8"), str(file))
    found = data.get("project")
    if not isinstance(found, dict):
        return None
    project = cast(Dict[str, Any], found)
    if "dependencies" in project.get("dynamic", []):
        if (file.parent / "requirements.txt").is_file():
            return None
        raise CannotBundle(
            what="the requirements",
            reason=f"{file} calls its dependencies dynamic, so only its build system knows them",
            mend="Write them under [project], or into a requirements.txt beside it.",
        )
    if "dependencies" not in project:
        return None
    return Requirements(_strings(project["dependencies"], str(file)), origin=file.name)


def _excluded_by(file: Path) -> Tuple[str, ...]:
    if not file.is_file():
        return ()
    return _excluded(_toml(file.read_text(encoding="utf-8"), str(file)), str(file))


def _excluded(data: Dict[str, Any], origin: str) -> Tuple[str, ...]:
    """The list ``exclude`` of ``[tool.glacier.bundle]``."""
    table: Any = data
    for key in ("tool", "glacier", "bundle", "exclude"):
        if not isinstance(table, dict) or key not in table:
            return ()
        table = cast(Dict[str, Any], table)[key]
    return _strings(table, origin)


def _text(file: Path) -> Optional[Requirements]:
    """What a ``requirements.txt`` asks for; with ``-e .`` also what the project itself does."""
    if not file.is_file():
        return None
    requirements, own = read_requirements_txt(file)
    for folder in own:
        project = _pyproject(folder / "pyproject.toml")
        if project is not None:
            requirements = requirements._replace(lines=(*requirements.lines, *project.lines))
    return requirements


def _toml(text: str, origin: str) -> Dict[str, Any]:
    library = _library()
    try:
        data: Dict[str, Any] = library.loads(text)
    except ValueError as error:
        reason = f"{origin} is no TOML ({error})"
        raise CannotBundle(what="the requirements", reason=reason, mend="Correct it.") from error
    return data


def _library() -> Any:
    from importlib import import_module

    for name in ("tomllib", "tomli"):  # the first is part of Python 3.11
        try:
            return import_module(name)
        except ImportError:
            pass
    need = "reading pyproject.toml on a Python older than 3.11"
    raise MissingLibrary(name="tomli", need=need, install="tomli")


def _strings(found: object, origin: str) -> Tuple[str, ...]:
    if isinstance(found, list):
        lines = cast(List[object], found)
        texts = tuple(one for one in lines if isinstance(one, str))
        if len(texts) == len(lines):
            return texts
    reason = f"the dependencies in {origin} are no list of texts"
    raise CannotBundle(what="the requirements", reason=reason, mend="Correct them.")
