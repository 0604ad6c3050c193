"""Every code block of the documents runs, and every link between files leads somewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "packages" / "glacier-core" / "tests"))

from stand_in.installed import surroundings  # noqa: E402

DOCUMENTS = sorted(
    {*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("packages/*/README.md")}
)
# pulumi-aws warns of its own parts while it is imported, and pulumi uses what Python 3.12 warns of;
# these are how such texts begin.
QUIET = ("aws.", "s3.", "There is no current event loop")
STRICT = ["-Werror", *[f"-Wignore:{text}:DeprecationWarning" for text in QUIET]]
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


def name(document: Path) -> str:
    return str(document.relative_to(ROOT))


def has_blocks(document: Path) -> bool:
    return re.search(r"^```(python|pycon)$", document.read_text(encoding="utf-8"), re.M) is not None


@pytest.mark.parametrize("document", [d for d in DOCUMENTS if has_blocks(d)], ids=name)
def test_every_block_runs(document: Path, tmp_path: Path) -> None:
    command = [sys.executable, *STRICT, str(ROOT / ".ci" / "blocks.py"), str(document)]
    env = {**os.environ, **surroundings(tmp_path / "pulumi")}  # documents deploy, to no cloud
    work = tmp_path / "work"
    work.mkdir()
    done = subprocess.run(command, cwd=work, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{name(document)}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_link_to_a_file_leads_somewhere(document: Path) -> None:
    links = LINK.findall(document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []
