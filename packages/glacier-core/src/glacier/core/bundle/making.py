"""All parts of a bundle put together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from glacier.core.bundle.archive import write_archive
from glacier.core.bundle.cleaning import parts_of
from glacier.core.bundle.declarations import declared_requirements
from glacier.core.bundle.missing import missing_imports
from glacier.core.bundle.portions import Portion, entries_of, portions, required_by
from glacier.core.bundle.records import Bundle, Entry, Limits, Part, Platform
from glacier.core.bundle.report import YOUR_FILES
from glacier.core.bundle.requirements import Requirements, distribution_name, without_deployment
from glacier.core.bundle.resolving import resolved
from glacier.core.bundle.sources import USERS, Sources, user_sources
from glacier.core.bundle.whereabouts import project_of
from glacier.core.errors import BundleTooLarge

__all__ = ["DEPLOYED", "make_bundle"]

DEPLOYED = "glacier-deployed.json"
_SHOWN = 8
_HIDING = "glacier/__init__.py"  # it would make a package of the namespace


def make_bundle(
    *,
    root: Path,
    target: str,
    deployed: Mapping[str, Any],
    packages: Sequence[str],
    platform: Platform,
    limits: Optional[Limits] = None,
    into: Path,
    extra_requirements: Sequence[str] = (),
    cache: Optional[Path] = None,
    fresh: bool = False,
    resolver: Optional[str] = None,
) -> Bundle:
    """The archive with which the pipeline at ``target`` (``FILE`` or ``FILE:PIPELINE`` below
    ``root``, see :func:`~glacier.core.bundle.locate`) runs in a cloud.

    It holds the user's files, the Glacier ``packages`` (names of distributions) with all others
    that these files import, the declared requirements and ``extra_requirements``, and ``deployed``
    as ``glacier-deployed.json``. It is written into folder ``into``; resolved requirements are
    kept in ``cache``, by default a folder in that, and resolved again if they have changed or
    ``fresh`` is asked for. ``resolver`` is ``"uv"`` or ``"pip"``, by default the first that there
    is. The same input makes the same bytes.

    Raises :class:`~glacier.core.errors.CannotBundle`, :class:`~glacier.core.errors.CannotResolve`,
    and :class:`~glacier.core.errors.BundleTooLarge`.
    """
    # Resolvers run in another folder, so nothing that they are told may depend on this one.
    root, into = Path(root).resolve(), Path(into).absolute()
    cache = Path(cache or into / "requirements").absolute()
    file = root / _file_of(target)
    sources = user_sources(root, file, without=[into, cache])
    own = portions(packages, sources.imports)
    more = [*required_by(own, platform.python), *extra_requirements]
    wanted = without_deployment(_with(declared_requirements(file), more))
    site, notes = resolved(
        wanted, platform, folder=project_of(file), cache=cache, fresh=fresh, resolver=resolver
    )
    entries = _entries(sources, own, site, deployed)
    versions = {one.distribution: one.version for one in own}
    parts = _parts(entries, {**versions, **_versions(site)})
    _check(entries, parts, limits)
    archive = write_archive(entries, into, file.stem)
    return Bundle(
        path=str(archive.path),
        sha256=archive.sha256,
        size=archive.size,
        unzipped=sum(part.size for part in parts),
        packages=parts,
        notes=(*sources.notes, *wanted.notes, *notes),
        missing=missing_imports(_file_of(target), sources.imports, entries, platform),
        limits=limits,
    )


def _entries(
    sources: Sources, own: Sequence[Portion], site: Optional[Path], deployed: Mapping[str, Any]
) -> List[Entry]:
    """All that goes into an archive; of two with one path the first."""
    groups: Sequence[Iterable[Entry]] = (
        [Entry(DEPLOYED, _json(deployed), USERS)],
        [entry for portion in own for entry in entries_of(portion, sources.imports)],
        [entry for entry in sources.entries if entry.path != _HIDING],
        _not_hidden(_site_entries(site), sources.entries),
    )
    found: Dict[str, Entry] = {}
    for group in groups:
        for entry in group:
            found.setdefault(entry.path, entry)
    return list(found.values())


def _file_of(target: str) -> str:
    head, _, tail = target.rpartition(":")
    return head if head and "/" not in tail else target


def _with(declared: Requirements, more: Iterable[str]) -> Requirements:
    """Declared requirements, and those that are added unless they are declared already."""
    names = {distribution_name(line) for line in declared.lines}
    added = tuple(dict.fromkeys(one for one in more if distribution_name(one) not in names))
    origin = declared.origin or "what the provider needs"
    return declared._replace(lines=(*declared.lines, *added), origin=origin)


def _json(deployed: Mapping[str, Any]) -> bytes:
    return (json.dumps(deployed, sort_keys=True, indent=1) + "\n").encode()


def _site_entries(site: Optional[Path]) -> Iterable[Entry]:
    if site is None:
        return
    for part, paths in parts_of(site):
        for path in paths:
            file = site / path
            yield Entry(path, file, part.name, bool(file.stat().st_mode & 0o100))


def _not_hidden(entries: Iterable[Entry], users: Iterable[Entry]) -> Iterable[Entry]:
    """Without modules for which Python finds the user's own, which come first on this machine."""
    paths = {entry.path for entry in users}
    for entry in entries:
        top = entry.path.partition("/")[0].partition(".")[0]
        if f"{top}.py" not in paths and f"{top}/__init__.py" not in paths:
            yield entry


def _versions(site: Optional[Path]) -> Dict[str, str]:
    return {} if site is None else {part.name: part.version for part, _ in parts_of(site)}


def _parts(entries: Iterable[Entry], versions: Mapping[str, str]) -> Tuple[Part, ...]:
    sizes: Dict[str, int] = {}
    for entry in entries:
        sizes[entry.part] = sizes.get(entry.part, 0) + entry.size
    parts = [Part(name or YOUR_FILES, versions.get(name, ""), size) for name, size in sizes.items()]
    return tuple(sorted(parts, key=lambda part: (-part.size, part.name)))


def _check(entries: Iterable[Entry], parts: Sequence[Part], limits: Optional[Limits]) -> None:
    unzipped = sum(part.size for part in parts)
    if limits is None or unzipped <= limits.unzipped:
        return
    largest = [(f"{part.name} {part.version}".strip(), part.size) for part in parts]
    if largest[0][0] == YOUR_FILES:  # which of them, for nobody else can tell
        own = sorted(
            ((e.path, e.size) for e in entries if e.part == USERS), key=lambda one: -one[1]
        )
        largest = [largest[0], *own[:3], *largest[1:]]
    raise BundleTooLarge(
        unzipped=unzipped, limit=limits.unzipped, of=limits.of, largest=largest[:_SHOWN]
    )
