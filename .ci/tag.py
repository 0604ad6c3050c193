"""Print the release tag of a package's tree, or refuse another one: tag.py PACKAGE [TAG]."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def wanted(package: str) -> str:
    folder = ROOT / "packages" / f"glacier-{package}"
    version = (folder / "src" / "glacier" / package / "_version.py").read_text(encoding="utf-8")
    project = (folder / "pyproject.toml").read_text(encoding="utf-8")
    name = re.findall(r'^name = "(.+)"$', project, re.M)[0]
    release = re.findall(r'"(.+)"', version)[0]
    return f"{name}-v{release}"


if __name__ == "__main__":
    tag = wanted(sys.argv[1])
    if sys.argv[2:] not in ([], [tag]):
        sys.exit(f"the tag is {sys.argv[2]}, but the tree says {tag}")
    print(tag)
