"""The stand-in on PATH, for the tests of one package or another."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Dict, Iterator

import pytest
from forgetting import forgotten

from stand_in.cloud import Cloud

__all__ = ["engine", "install", "surroundings"]

_PROGRAM = """#!{python}
import sys
sys.path.insert(0, {tests!r})
from stand_in.command import main
sys.exit(main(sys.argv[1:]))
"""


def install(folder: Path) -> None:
    """Write the program ``pulumi`` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "pulumi"
    tests = str(Path(__file__).resolve().parent.parent)
    program.write_text(_PROGRAM.format(python=sys.executable, tests=tests))
    program.chmod(0o755)


def surroundings(folder: Path) -> Dict[str, str]:
    """The variables with which the stand-in, installed in a folder, is the engine.

    A passphrase is set, and the account is 123456789012.
    """
    install(folder / "bin")
    (folder / "cloud").mkdir()
    (folder / "cloud" / "account").write_text("123456789012\n")
    return {
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PULUMI_CONFIG_PASSPHRASE": "open sesame",
        "PULUMI_HOME": str(folder / "home"),
        "STAND_IN_CLOUD": str(folder / "cloud"),
    }


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """The cloud of a stand-in that is first on PATH, in a working directory of its own; the files
    that are deployed are forgotten after the test."""
    if sys.version_info < (3, 10):
        pytest.skip("pulumi begins with Python 3.10")
    pytest.importorskip("pulumi")
    for name, value in surroundings(tmp_path / "engine").items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    with forgotten(tmp_path):
        yield Cloud(tmp_path / "engine" / "cloud")
