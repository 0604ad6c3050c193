"""Unpacked wheels without what differs from one installation to the next."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import List, Sequence, Tuple

from glacier.core.bundle.records import Part, Platform
from glacier.core.bundle.requirements import distribution_name, is_left_out

__all__ = ["clean", "drop_left_out", "parts_of", "unfit"]

_NOISE = ("INSTALLER", "REQUESTED", "direct_url.json", "uv_build.json", "uv_cache.json")


def clean(site: Path) -> None:
    """Take away bytecode, notes on the installation, and scripts, which name this machine's
    Python; programs that are no scripts stay."""
    for folder in list(site.rglob("__pycache__")):
        shutil.rmtree(folder)
    if (site / ".lock").exists():
        (site / ".lock").unlink()
    scripts = site / "bin"
    if scripts.is_dir():
        for file in list(scripts.iterdir()):
            if file.is_file() and file.read_bytes()[:2] == b"#!":
                file.unlink()
    for info in sorted(site.glob("*.dist-info")):
        for name in _NOISE:
            if (info / name).exists():
                (info / name).unlink()
        _shorten_record(info / "RECORD", site)
    for folder in sorted((one for one in site.rglob("*") if one.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def unfit(site: Path, platform: Platform) -> List[str]:
    """The distributions that may not run on a platform, by the tags of their wheels: one that was
    built on a Linux has its C library, whichever that is, and says so by ``linux_…``."""
    found: List[str] = []
    for info in sorted(site.glob("*.dist-info")):
        tags = _tags(info)
        if tags and not any(_fits(tag, platform) for tag in tags):
            found.append(_name_of(info)[0])
    return found


def parts_of(site: Path) -> List[Tuple[Part, Tuple[str, ...]]]:
    """Each distribution with the paths of its files; those of nobody are their own part."""
    found: List[Tuple[Part, Tuple[str, ...]]] = []
    files = {
        f.relative_to(site).as_posix(): f.stat().st_size for f in site.rglob("*") if f.is_file()
    }
    rest = set(files)
    for info in sorted(site.glob("*.dist-info")):
        paths = sorted(rest.intersection(_recorded(info / "RECORD")))
        rest -= set(paths)
        name, version = _name_of(info)
        found.append((Part(name, version, sum(files[p] for p in paths)), tuple(paths)))
    if rest:
        paths = sorted(rest)
        found.append((Part("other files", "", sum(files[p] for p in paths)), tuple(paths)))
    return found


def drop_left_out(site: Path, excluded: Sequence[str]) -> List[str]:
    """Remove distributions that no bundle holds but that others required; returns their names."""
    dropped: List[str] = []
    for info in sorted(site.glob("*.dist-info")):
        name = distribution_name(_name_of(info)[0])
        if is_left_out(name, excluded):
            for path in _recorded(info / "RECORD"):
                if (site / path).is_file():
                    (site / path).unlink()
            shutil.rmtree(info, ignore_errors=True)
            dropped.append(name)
    return dropped


def _shorten_record(record: Path, site: Path) -> None:
    """Only what is there, in one order."""
    if record.is_file():
        lines = record.read_text(encoding="utf-8").splitlines()
        kept = sorted(line for line in lines if (site / _path_of(line)).is_file())
        record.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")


def _recorded(record: Path) -> List[str]:
    if not record.is_file():
        return []
    return [_path_of(line) for line in record.read_text(encoding="utf-8").splitlines()]


def _path_of(line: str) -> str:
    """The first field of a line of CSV."""
    quoted = re.match(r'"((?:[^"]|"")*)"', line)
    return quoted[1].replace('""', '"') if quoted else line.partition(",")[0]


def _name_of(info: Path) -> Tuple[str, str]:
    name, _, version = info.name[: -len(".dist-info")].partition("-")
    return name.replace("_", "-"), version


def _tags(info: Path) -> List[str]:
    file = info / "WHEEL"
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    return re.findall(r"(?m)^Tag:\s*(\S+)\s*$", text)


def _fits(tag: str, platform: Platform) -> bool:
    name = tag.rpartition("-")[2]
    if name == "any":
        return True
    return name.startswith("manylinux") and name.endswith(f"_{platform.machine}")
