"""What the checks know of this repository: its packages, and where each of them lies."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
CORE = "core"
PACKAGES = sorted(p.parent.name.partition("-")[2] for p in ROOT.glob("packages/*/pyproject.toml"))
EXTENSIONS = [p for p in PACKAGES if p != CORE]


def folder(package: str) -> Path:
    return ROOT / "packages" / f"glacier-{package}"


def portion(package: str) -> Path:
    return folder(package) / "src" / "glacier" / package


def project(package: str) -> dict[str, Any]:
    text = (folder(package) / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["project"]


def claims(package: str, python: str) -> bool:
    """Whether a package runs on a Python, such as ``"3.8"``."""
    floor = re.search(r">=\s*3\.(\d+)", project(package)["requires-python"])
    return floor is None or int(python.split(".")[1]) >= int(floor[1])


def tag(package: str) -> str:
    """The tag of the release that the tree holds, such as ``glacier-local-v0.1.0``."""
    text = (portion(package) / "_version.py").read_text(encoding="utf-8")
    (version,) = re.findall(r'^__version__ = "(.+)"$', text, re.M)
    return f"{project(package)['name']}-v{version}"


def wheel(package: str) -> str:
    """The wheel that the session ``dist`` has built."""
    (built,) = (DIST / package).glob("*.whl")
    return str(built)


def with_core(package: str) -> list[str]:
    return list(dict.fromkeys([CORE, package]))


def editable(packages: list[str]) -> list[str]:
    return [part for p in packages for part in ("-e", str(folder(p)))]
