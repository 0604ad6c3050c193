"""Requirements → a folder of unpacked wheels, kept for the next time.

A folder is known by what it was made of: the lines, the platform, the resolver. So a deployment
whose requirements have not changed neither resolves nor needs a network; ``fresh`` resolves anew,
which brings newer versions of what is not pinned.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import List, Optional, Tuple
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from glacier.core.bundle.cleaning import clean, drop_left_out, unfit
from glacier.core.bundle.records import Platform
from glacier.core.bundle.requirements import Requirements
from glacier.core.bundle.resolvers import UV, Asked, Resolver, find_resolver, write_overrides
from glacier.core.errors import CannotResolve

__all__ = ["resolved"]

_FORMAT = 1
_SOURCES_ONLY = re.compile(r"no usable wheels|no wheels|[Ww]heels are required|only-binary")
_NO_NETWORK = re.compile(
    r"Failed to fetch|error sending request|dns error|name resolution|offline mode"
    r"|network was disabled|unreachable|ConnectionError|ConnectTimeout|Max retries exceeded"
    r"|Connection (?:refused|reset|timed out)"
)
_SAID = 30  # lines


def resolved(
    requirements: Requirements,
    platform: Platform,
    *,
    folder: Path,
    cache: Path,
    fresh: bool = False,
    resolver: Optional[str] = None,
) -> Tuple[Optional[Path], Tuple[str, ...]]:
    """A folder with all that the requirements bring, and notes; ``None`` if they are none.

    Only wheels are taken; a distribution that has none is built here, which works for one that is
    plain Python, and with uv alone. ``folder`` is the project's, whose settings the resolver
    follows. Raises :class:`~glacier.core.errors.CannotResolve`.
    """
    if not requirements.lines:
        return None, ()
    program = find_resolver(resolver)
    place = cache / _key(requirements, platform, program)
    if fresh or not (place / "resolved.json").is_file():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=str(cache), prefix=".new-") as scratch:
            _resolve(requirements, platform, program, folder, Path(scratch))
            if fresh or not place.exists():  # or another process was first, and may read it
                _move(Path(scratch), place)
    notes = json.loads((place / "resolved.json").read_text(encoding="utf-8"))
    return place / "site", tuple(notes)


def _resolve(
    requirements: Requirements, platform: Platform, program: Resolver, folder: Path, scratch: Path
) -> None:
    asked = Asked(
        target=scratch / "site",
        file=scratch / "requirements.txt",
        constraints=scratch / "constraints.txt",
        overrides=scratch / "overrides.txt",
        platform=platform,
    )
    lines = [*requirements.options, *requirements.lines]
    asked.file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    constraints = "".join(f"{line}\n" for line in requirements.constraints)
    asked.constraints.write_text(constraints, encoding="utf-8")
    write_overrides(asked.overrides, requirements.excluded)
    notes: List[str] = []
    done = program.run(asked, folder)
    if done.returncode and program.name == UV and _SOURCES_ONLY.search(done.stdout):
        shutil.rmtree(asked.target, ignore_errors=True)
        built = program.run(asked._replace(may_build=True), folder)
        if not built.returncode:
            done = built
            notes.append("some packages have no wheel and were built here")
    if done.returncode:
        raise _not_resolved(requirements, platform, program, done.stdout, scratch)
    asked.target.mkdir(exist_ok=True)  # markers may have left nothing to install
    wrong = unfit(asked.target, platform) if notes else []
    if wrong:
        raise _built_for_here(requirements, platform, wrong)
    dropped = drop_left_out(asked.target, requirements.excluded)
    if dropped:
        notes.append(f"not carried, though something requires it: {', '.join(dropped)}")
    clean(asked.target)
    (scratch / "resolved.json").write_text(json.dumps(notes), encoding="utf-8")


def _move(scratch: Path, place: Path) -> None:
    """Put a finished folder in its place at once, whoever else makes the same."""
    new = place.with_name(f".made-{os.getpid()}-{scratch.name[1:]}")
    new.mkdir()
    for name in ("site", "resolved.json"):
        os.replace(str(scratch / name), str(new / name))
    old = place.with_name(f".old-{os.getpid()}-{scratch.name[1:]}")
    if place.exists():
        os.replace(str(place), str(old))
    try:
        os.replace(str(new), str(place))
    except OSError:  # another process was first, with the same
        shutil.rmtree(new, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)


def _key(requirements: Requirements, platform: Platform, program: Resolver) -> str:
    facts = [
        _FORMAT,
        sorted(requirements.lines),
        list(requirements.options),
        sorted(requirements.constraints),
        sorted(requirements.excluded),
        [platform.python, platform.machine, list(platform.glibc)],
        program.name,
        [_contents(line) for line in sorted(requirements.lines)],
    ]
    return sha256(json.dumps(facts).encode()).hexdigest()[:32]


def _contents(line: str) -> str:
    """What a wheel on this machine holds, for its path does not tell when that changes."""
    found = re.search(r"file://[^\s;#]+", line)
    if found is None:
        return ""
    file = Path(url2pathname(unquote(urlsplit(found[0]).path)))
    return sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def _not_resolved(
    requirements: Requirements, platform: Platform, program: Resolver, said: str, scratch: Path
) -> CannotResolve:
    said = re.sub(r"://[^/\s@]+@", "://***@", said).replace(str(scratch), "")
    lines = [line for line in said.splitlines() if line.strip() and "is ignored:" not in line]
    if _SOURCES_ONLY.search(said):
        reason = "a package has no wheel for it"
        mend = (
            "Ask for a version that has one, build a wheel for that platform and name its path, "
            "or leave the package out."
        )
    elif _NO_NETWORK.search(said):
        reason = "the package index cannot be reached"
        mend = (
            "Try again with a network. What has been resolved before with the same requirements "
            "is found without one."
        )
    else:
        reason = f"{program.name} finds no versions that fit"
        mend = "Correct the name or the versions there."
    if program.name != UV:
        mend += " With uv installed the reason may be clearer: python -m pip install uv."
    return CannotResolve(
        platform=str(platform),
        origin=requirements.origin,
        reason=reason,
        said="\n".join(lines[-_SAID:]),
        mend=mend,
    )


def _built_for_here(
    requirements: Requirements, platform: Platform, names: List[str]
) -> CannotResolve:
    told = ", ".join(names)
    return CannotResolve(
        platform=str(platform),
        origin=requirements.origin,
        reason=f"{told} has no wheel for it, and what is built here runs only here",
        said="",
        mend="Ask for a version that has one, or build one on such a machine and name its path.",
    )
