"""Glacier's own files in a bundle, copied as they are installed, editable or not."""

from __future__ import annotations

from importlib.metadata import Distribution, distributions
from importlib.util import find_spec
from pathlib import Path
from typing import Iterable, List, NamedTuple, Optional, Sequence, Set, Tuple

from glacier.core.bundle.importing import Import
from glacier.core.bundle.records import Entry
from glacier.core.bundle.requirements import GLACIERS, distribution_name
from glacier.core.errors import CannotBundle

__all__ = ["Portion", "entries_of", "portions", "required_by"]

_NAMESPACE = "glacier"
_CORE = "core"
# What only a command line or a deployment needs, and what only tests do unless it is imported.
_NOT_CARRIED = ("__main__.py", "bundle", "cli")
_TESTING = "testing"
_GROUPS = "glacier."  # entry points of other groups, such as commands, are for people


class Portion(NamedTuple):
    """One package of the namespace: ``glacier.{name}``, its place and its distribution."""

    name: str
    place: Path
    distribution: str
    version: str
    entry_points: str
    requires: Tuple[str, ...]


def portions(packages: Sequence[str], imports: Iterable[Tuple[str, Import]]) -> List[Portion]:
    """The portions of the distributions ``packages``, those that files import, and core.

    Raises :class:`~glacier.core.errors.CannotBundle` for a distribution that is not installed.
    """
    names = {_CORE, *imported(imports)}
    for package in packages:
        distribution = distribution_name(package)
        name = _CORE if distribution == "glacier-pipeline" else distribution[len("glacier-") :]
        if not distribution.startswith("glacier-") or _place(name) is None:
            raise _not_installed(package)
        names.add(name)
    known = list(distributions())
    found = [_portion(name, known) for name in sorted(names)]
    return [one for one in found if one is not None]


def imported(imports: Iterable[Tuple[str, Import]]) -> Set[str]:
    """The names of the portions that files import."""
    names: Set[str] = set()
    for _, one in imports:
        if one.top == _NAMESPACE:
            parts = one.module.split(".")
            names.update(parts[1:2] if len(parts) > 1 else one.names)
    return names


def entries_of(portion: Portion, imports: Iterable[Tuple[str, Import]]) -> List[Entry]:
    """The files of a portion and as much of its metadata as the registry of extensions reads."""
    omitted: Tuple[str, ...] = _NOT_CARRIED if portion.name == _CORE else ()
    if portion.name == _CORE and not _uses_testing(imports):
        omitted = (*omitted, _TESTING)
    entries = [
        Entry(f"{_NAMESPACE}/{inside}", file, portion.distribution)
        for inside, file in _files(portion.place)
        if inside.split("/")[1:2] == [] or inside.split("/")[1] not in omitted
    ]
    info = f"{portion.distribution.replace('-', '_')}-{portion.version}.dist-info"
    lines = f"Metadata-Version: 2.1\nName: {portion.distribution}\nVersion: {portion.version}\n"
    entries.append(Entry(f"{info}/METADATA", lines.encode(), portion.distribution))
    if portion.entry_points:
        points = portion.entry_points.encode()
        entries.append(Entry(f"{info}/entry_points.txt", points, portion.distribution))
    return entries


def required_by(found: Iterable[Portion], python: str) -> List[str]:
    """What portions need to be imported: backports for core, and all that others' portions
    require. Glacier's own ones import their libraries when they are used, and the provider says
    which of them a task uses."""
    version = tuple(int(part) for part in python.split(".")[:2])
    lines: List[str] = []
    for portion in found:
        is_old_core = portion.name == _CORE and version < (3, 10)
        if is_old_core or portion.distribution not in GLACIERS:
            lines += [one for one in portion.requires if "extra ==" not in one]
    return lines


def _portion(name: str, known: Sequence[Distribution]) -> Optional[Portion]:
    place = _place(name)
    if place is None:
        return None  # reported as a missing import
    distribution = _distribution(name, known)
    if distribution is None:
        return Portion(name, place, f"glacier-{name}", "0", "", ())
    return Portion(
        name,
        place,
        distribution_name(distribution.metadata["Name"]),
        distribution.version,
        _entry_points(distribution),
        tuple(distribution.requires or ()),
    )


def _place(name: str) -> Optional[Path]:
    """The folder of a portion, or its file."""
    spec = find_spec(f"{_NAMESPACE}.{name}")
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations)))
    return Path(spec.origin) if spec.origin else None


def _distribution(name: str, known: Sequence[Distribution]) -> Optional[Distribution]:
    wanted = "glacier-pipeline" if name == _CORE else f"glacier-{name}"
    for one in known:
        if distribution_name(one.metadata["Name"] or "") == wanted:
            return one
    for one in known:
        if any(point.value.startswith(f"{_NAMESPACE}.{name}") for point in one.entry_points):
            return one
    return None


def _entry_points(distribution: Distribution) -> str:
    """The groups that Glacier looks into, in one order."""
    groups: List[str] = []
    points = [point for point in distribution.entry_points if point.group.startswith(_GROUPS)]
    for group in sorted({point.group for point in points}):
        lines = sorted(f"{one.name} = {one.value}\n" for one in points if one.group == group)
        groups.append(f"[{group}]\n{''.join(lines)}")
    return "\n".join(groups)


def _files(place: Path) -> List[Tuple[str, Path]]:
    """Each file with its path in the namespace."""
    files = [place] if place.is_file() else [file for file in place.rglob("*") if file.is_file()]
    return sorted(
        (file.relative_to(place.parent).as_posix(), file)
        for file in files
        if "__pycache__" not in file.parts and file.suffix not in (".pyc", ".pyo")
    )


def _uses_testing(imports: Iterable[Tuple[str, Import]]) -> bool:
    core = f"{_NAMESPACE}.{_CORE}"
    return any(
        one.module.startswith(f"{core}.{_TESTING}")
        or (one.module == core and _TESTING in one.names)
        for _, one in imports
    )


def _not_installed(package: str) -> CannotBundle:
    return CannotBundle(
        what=package,
        reason="it is no package of Glacier that is installed here",
        mend=f"Install it: python -m pip install {package}.",
    )
