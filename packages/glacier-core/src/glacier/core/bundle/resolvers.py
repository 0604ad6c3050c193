"""The programs that find and unpack wheels for another machine: uv, else pip."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import List, NamedTuple, Optional, Sequence

from glacier.core.bundle.records import Platform
from glacier.core.bundle.requirements import GLACIERS
from glacier.core.errors import CannotBundle
from glacier.core.libraries import installed

__all__ = ["PIP", "UV", "Asked", "Resolver", "find_resolver"]

UV, PIP = "uv", "pip"
_OLDEST_GLIBC = 5
_LEGACY = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}


class Asked(NamedTuple):
    """What a resolver is to unpack into ``target``; ``file`` and ``constraints`` are lines in
    files, ``overrides`` a file for what is not to be installed."""

    target: Path
    file: Path
    constraints: Path
    overrides: Path
    platform: Platform
    may_build: bool = False


class Resolver(NamedTuple):
    """A program by its ``name``, and the ``command`` that it begins with."""

    name: str
    command: Sequence[str]

    def run(self, asked: Asked, folder: Path) -> subprocess.CompletedProcess[str]:
        """Let it resolve and unpack; settings of its own are those of the project in ``folder``."""
        arguments = (_uv if self.name == UV else _pip)(asked)
        environment = {**os.environ, "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        for name in ("UV_SYSTEM_PYTHON", "PIP_USER", "PIP_TARGET", "PIP_REQUIRE_VIRTUALENV"):
            environment.pop(name, None)
        return subprocess.run(
            [*self.command, *arguments],
            cwd=str(folder),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )


def find_resolver(name: Optional[str] = None) -> Resolver:
    """uv on ``PATH`` or as a module of this Python, else pip; with a name that one.

    Raises :class:`~glacier.core.errors.CannotBundle` where there is none.
    """
    if name in (None, UV):
        program = shutil.which(UV)
        if program is not None:
            return Resolver(UV, [program])
        if installed(UV):
            return Resolver(UV, [sys.executable, "-m", UV])
    if name in (None, PIP) and installed(PIP):
        return Resolver(PIP, [sys.executable, "-m", PIP])
    absent = "neither uv nor pip is" if name is None else f"{name} is not"
    raise CannotBundle(
        what="the requirements",
        reason=f"{absent} installed here to resolve them",
        mend="Install it: https://docs.astral.sh/uv/ or python -m pip install uv.",
    )


def write_overrides(file: Path, excluded: Sequence[str]) -> None:
    """Lines by which uv installs none of what a bundle is without, whoever requires it."""
    names = [*excluded, *GLACIERS, "pulumi", "pulumi-aws", "pulumi-azure-native", "pulumi-gcp"]
    lines = [f"{name} ; sys_platform == 'never'\n" for name in names]
    file.write_text("".join(lines), encoding="utf-8")


def _uv(asked: Asked) -> List[str]:
    platform = asked.platform
    major, minor = platform.glibc
    only = [] if asked.may_build else ["--only-binary", ":all:"]
    return [
        *["pip", "install", "--quiet", "--target", str(asked.target)],
        *["--python", sys.executable, "--python-version", platform.python],
        *["--python-platform", f"{platform.machine}-manylinux_{major}_{minor}"],
        *["--link-mode", "copy", "--no-progress", *only],
        *["--override", str(asked.overrides), "--constraint", str(asked.constraints)],
        *["--requirement", str(asked.file)],
    ]


def _pip(asked: Asked) -> List[str]:
    major, minor = asked.platform.glibc
    tags: List[str] = []
    for one in range(minor, _OLDEST_GLIBC - 1, -1):
        tags.append(f"manylinux_{major}_{one}")
        tags += [_LEGACY[one]] if one in _LEGACY else []
    platforms = [f"{tag}_{asked.platform.machine}" for tag in [*tags, "linux"]]
    return [
        *["install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-compile"],
        *["--no-warn-conflicts", "--target", str(asked.target), "--only-binary=:all:"],
        *["--implementation", "cp", "--python-version", asked.platform.python],
        *[text for name in platforms for text in ("--platform", name)],
        *["--constraint", str(asked.constraints), "--requirement", str(asked.file)],
    ]
