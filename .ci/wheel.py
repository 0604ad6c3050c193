"""Refuse a package whose wheel holds anything but its own portion: wheel.py PACKAGE WHEEL."""

import sys
import zipfile
from pathlib import Path

from workspace import ROOT, folder, portion


def problems(package: str, wheel: Path) -> list[str]:
    found = []
    strays = [p.name for p in portion(package).parent.iterdir() if p.name != package]
    if strays:  # above all __init__.py, which would hide every other portion
        found.append(f"src/glacier holds more than the portion {package}: {sorted(strays)}")
    if (folder(package) / "LICENSE").read_bytes() != (ROOT / "LICENSE").read_bytes():
        found.append("LICENSE differs from the root's")
    names = zipfile.ZipFile(wheel).namelist()
    foreign = [
        n for n in names if ".dist-info/" not in n and not n.startswith(f"glacier/{package}/")
    ]
    if foreign:
        found.append(f"the wheel holds files outside glacier/{package}: {foreign}")
    for needed in (f"glacier/{package}/py.typed", ".dist-info/licenses/LICENSE"):
        if not any(n.endswith(needed) for n in names):
            found.append(f"the wheel lacks {needed}")
    return found


if __name__ == "__main__":
    found = problems(sys.argv[1], Path(sys.argv[2]))
    for problem in found:
        print(f"glacier-{sys.argv[1]}: {problem}", file=sys.stderr)
    if not found:
        print(f"{Path(sys.argv[2]).name} holds glacier.{sys.argv[1]} and nothing else")
    sys.exit(bool(found))
