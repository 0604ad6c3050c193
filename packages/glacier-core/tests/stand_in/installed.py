"""The stand-in on PATH, for the tests of one package or another."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from stand_in.cloud import Cloud

__all__ = ["engine", "install"]

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


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """The cloud of a stand-in that is first on PATH, in a working directory of its own.

    A passphrase is set, and the account is 123456789012.
    """
    if sys.version_info < (3, 10):
        pytest.skip("pulumi begins with Python 3.10")
    pytest.importorskip("pulumi")
    cloud = tmp_path / "cloud"
    cloud.mkdir()
    (cloud / "account").write_text("123456789012\n")
    install(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("STAND_IN_CLOUD", str(cloud))
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "open sesame")
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi"))
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return Cloud(cloud)
