"""Wheels and archives of sources made on the spot, for resolvers that need no index then."""

from __future__ import annotations

import tarfile
from base64 import urlsafe_b64encode
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Mapping, Optional, Sequence
from zipfile import ZipFile

SETUP = """\
from setuptools import Distribution, setup

class Native(Distribution):
    def has_ext_modules(self):
        return {native}

setup(name={name!r}, version={version!r}, distclass=Native)
"""


def make_wheel(
    folder: Path,
    name: str,
    version: str = "1.0",
    *,
    tag: str = "py3-none-any",
    requires: Sequence[str] = (),
    files: Optional[Mapping[str, str]] = None,
    scripts: Sequence[str] = (),
) -> Path:
    """A wheel that holds ``files``, by default one module of its name."""
    folder.mkdir(parents=True, exist_ok=True)
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {one}\n" for one in requires)
    contents = dict(files if files is not None else {f"{module}.py": f"VERSION = {version!r}\n"})
    contents[f"{info}/METADATA"] = (
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}"
    )
    contents[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tag}\n"
    )
    if scripts:
        lines = "".join(f"{one} = {module}:main\n" for one in scripts)
        contents[f"{info}/entry_points.txt"] = f"[console_scripts]\n{lines}"
    record = "".join(f"{path},{_hashed(text)},{len(text)}\n" for path, text in contents.items())
    contents[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n"
    wheel = folder / f"{module}-{version}-{tag}.whl"
    with ZipFile(wheel, "w") as archive:
        for path, text in contents.items():
            archive.writestr(path, text)
    return wheel


def make_sources(folder: Path, name: str, version: str = "1.0", *, native: bool = False) -> Path:
    """An archive of sources, with which a wheel could be built; ``native``: for one machine."""
    folder.mkdir(parents=True, exist_ok=True)
    top = f"{name.replace('-', '_')}-{version}"
    contents = {
        "setup.py": SETUP.format(name=name, version=version, native=native),
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
    }
    file = folder / f"{top}.tar.gz"
    with tarfile.open(str(file), "w:gz") as archive:
        for path, text in contents.items():
            info = tarfile.TarInfo(f"{top}/{path}")
            info.size = len(text)
            archive.addfile(info, BytesIO(text.encode()))
    return file


def _hashed(text: str) -> str:
    digest = urlsafe_b64encode(sha256(text.encode()).digest()).rstrip(b"=").decode()
    return f"sha256={digest}"
