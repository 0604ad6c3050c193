"""Which files of a folder go into a bundle, and what is known of them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Set

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier.core.bundle import Platform, locate
from glacier.core.bundle.ignoring import is_ignored, rules_of
from glacier.core.bundle.importing import imports_of
from glacier.core.bundle.missing import missing_imports
from glacier.core.bundle.sources import Sources, user_sources
from glacier.core.errors import CannotBundle

KEY = "-----BEGIN PRIVATE KEY-----\nMIIE\n"


def written(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def found(folder: Path, target: str = "flow.py") -> Sources:
    root, inside = locate(str(folder / target))
    return user_sources(root, root / inside)


def carried(folder: Path, target: str = "flow.py") -> List[str]:
    return sorted(entry.path for entry in found(folder, target).entries)


# --- where ----------------------------------------------------------------------------------------


def test_a_files_root_is_its_folder(tmp_path: Path) -> None:
    written(tmp_path, {"flows/etl.py": ""})

    assert locate(str(tmp_path / "flows/etl.py"), "etl") == (tmp_path / "flows", "etl.py:etl")


def test_the_root_of_a_file_in_a_package_is_around_the_outermost(tmp_path: Path) -> None:
    written(tmp_path, {"src/a/__init__.py": "", "src/a/b/__init__.py": "", "src/a/b/etl.py": ""})

    assert locate(str(tmp_path / "src/a/b/etl.py")) == (tmp_path / "src", "a/b/etl.py")


def test_a_module_is_found_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, {"flows/etl.py": ""})
    monkeypatch.chdir(tmp_path)

    assert locate("flows.etl") == (tmp_path, "flows/etl.py")


@pytest.mark.parametrize("target", ["flows/absent.py", "no.such.module", "glacier_absent"])
def test_what_is_not_there_is_refused(target: str) -> None:
    with pytest.raises(CannotBundle, match="no such file and no such module"):
        locate(target)


def test_the_home_folder_is_no_root_unless_it_is_a_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    written(tmp_path, {"flow.py": "", "taxes.txt": "mine"})

    with pytest.raises(CannotBundle, match="Move it to a folder of its own"):
        locate(str(tmp_path / "flow.py"))
    written(tmp_path, {"pyproject.toml": ""})
    assert locate(str(tmp_path / "flow.py")).target == "flow.py"


# --- what -----------------------------------------------------------------------------------------


def test_modules_and_data_are_carried_and_what_belongs_to_the_machine_is_not(
    tmp_path: Path,
) -> None:
    written(
        tmp_path,
        {
            "flow.py": "",
            "queries/all.sql": "",
            "helpers/__init__.py": "",
            "__pycache__/flow.cpython-311.pyc": "",
            "old.pyc": "",
            ".git/config": "",
            ".glacier/history.sqlite": "",
            ".hidden": "",
            "venv/pyvenv.cfg": "",
            "venv/lib/big.py": "",
            "node_modules/a/index.js": "",
            "etl.egg-info/PKG-INFO": "",
            "tests/test_flow.py": "",
            "test_more.py": "",
            "conftest.py": "",
        },
    )

    assert carried(tmp_path) == ["flow.py", "helpers/__init__.py", "queries/all.sql"]


def test_secrets_are_never_carried_and_the_report_says_so(tmp_path: Path) -> None:
    secrets = {
        ".env": "A=1",
        "prod.env": "A=1",
        "key.pem": KEY,
        "account.json": f'{{"private_key": "{KEY}"}}',
        "id_rsa": "x",
        "store.p12": "x",
        "credentials.json": KEY,
        "Pulumi.prod.yaml": "x",
    }
    written(tmp_path, {"flow.py": "", "ca.pem": "-----BEGIN CERTIFICATE-----", **secrets})
    written(tmp_path, {".glacierignore": "".join(f"!{name}\n" for name in secrets)})

    assert carried(tmp_path) == ["ca.pem", "flow.py"]
    (note,) = found(tmp_path).notes
    assert note.startswith("left out, for it looks like a secret: .env,")
    assert note.endswith("and 3 more")


def test_a_link_to_a_secret_is_one(tmp_path: Path) -> None:
    written(tmp_path, {"project/flow.py": "", "elsewhere/id_rsa": "x", "elsewhere/data/a.csv": ""})
    (tmp_path / "project/settings").symlink_to(tmp_path / "elsewhere/id_rsa")
    (tmp_path / "project/data").symlink_to(tmp_path / "elsewhere/data")
    (tmp_path / "project/around").symlink_to(tmp_path / "project")
    (tmp_path / "project/nowhere").symlink_to(tmp_path / "absent")

    assert carried(tmp_path / "project") == ["data/a.csv", "flow.py"]


def test_ignore_files_leave_out_and_take_back(tmp_path: Path) -> None:
    written(
        tmp_path,
        {
            ".git/HEAD": "",
            ".gitignore": "*.bin\nflows/raw/\n",
            "flows/flow.py": "",
            "flows/model.bin": "",
            "flows/other.bin": "",
            "flows/raw/a.csv": "",
            "flows/data/.gitignore": "/*.csv\n!kept.csv\n",
            "flows/data/a.csv": "",
            "flows/data/kept.csv": "",
            "flows/notes.md": "",
            "flows/.streamlit/config": "",
            "flows/.glacierignore": "!model.bin\n*.md\n!.streamlit\n",
        },
    )

    assert carried(tmp_path / "flows") == [
        ".streamlit/config",
        "data/kept.csv",
        "flow.py",
        "model.bin",
    ]
    (note,) = found(tmp_path / "flows").notes
    assert note == "left out by .gitignore or .glacierignore: data/a.csv, notes.md, other.bin, raw/"


def test_tests_that_are_imported_are_carried(tmp_path: Path) -> None:
    written(
        tmp_path,
        {
            "flow.py": "import test_split\nfrom tests.data import rows\n",
            "test_split.py": "",
            "test_other.py": "",
            "tests/data.py": "",
        },
    )

    assert carried(tmp_path) == ["flow.py", "test_split.py", "tests/data.py"]


@pytest.mark.parametrize("target", ["flow.py", "flows/flow.py"])
@pytest.mark.parametrize("source", ["src/", ""])
def test_packages_of_the_project_come_from_where_they_lie(
    tmp_path: Path, target: str, source: str
) -> None:
    written(
        tmp_path,
        {
            "pyproject.toml": "[project]\nname = 'shop'\n",
            target: "import shop.prices\n",
            f"{source}shop/__init__.py": "import rates\n",
            f"{source}shop/prices.py": "",
            f"{source}rates.py": "",
            f"{source}tests/test_shop.py": "",
        },
    )

    paths = carried(tmp_path, target)

    assert [path for path in paths if path != "pyproject.toml"] == [
        "flow.py",
        "rates.py",
        "shop/__init__.py",
        "shop/prices.py",
    ]


def test_a_program_stays_one(tmp_path: Path) -> None:
    written(tmp_path, {"flow.py": "", "tool": "#!/bin/sh\n"})
    (tmp_path / "tool").chmod(0o700)
    (tmp_path / "flow.py").chmod(0o600)

    assert {e.path: e.is_executable for e in found(tmp_path).entries} == {
        "flow.py": False,
        "tool": True,
    }


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    written(tmp_path, {"flow.py": ""})
    (tmp_path / os.fsdecode(b"caf\xe9.csv")).write_text("", encoding="utf-8")

    with pytest.raises(CannotBundle, match="Rename it"):
        found(tmp_path)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything"
)
def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    written(tmp_path, {"flow.py": "", "closed/a.csv": ""})
    (tmp_path / "closed").chmod(0)
    try:
        with pytest.raises(CannotBundle, match="leave it out by"):
            found(tmp_path)
    finally:
        (tmp_path / "closed").chmod(0o700)


# --- ignoring as git does -------------------------------------------------------------------------

PARTS = st.sampled_from(["a", "b", "ab", "*", "a*", "?", "**", "[ab]", "[!a]", "c.x", "*.x"])
LINES = st.builds(
    lambda bang, lead, parts, tail: bang + lead + "/".join(parts) + tail,
    st.sampled_from(["", "", "!"]),
    st.sampled_from(["", "/"]),
    st.lists(PARTS, min_size=1, max_size=3),
    st.sampled_from(["", "/"]),
)
NAMES = ["a", "b", "ab", "c.x", "aa"]


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git to compare with")
@given(st.lists(LINES, min_size=1, max_size=4))
def test_patterns_mean_what_they_mean_to_git(
    tmp_path_factory: pytest.TempPathFactory, lines: List[str]
) -> None:
    paths = [*NAMES, *[f"a/{n}" for n in NAMES], *[f"b/ab/{n}" for n in NAMES]]
    folders = {"a", "b", "b/ab"}
    top = tmp_path_factory.mktemp("git")
    subprocess.run(["git", "init", "-q", str(top)], check=True)
    for path in paths:
        if path not in folders:
            written(top, {path: ""})
    written(top, {".gitignore": "".join(f"{line}\n" for line in lines)})

    listed = subprocess.run(
        ["git", "-C", str(top), "ls-files", "--others", "--exclude-standard"],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    ).stdout.split()

    rules = rules_of(lines)
    ours = {p for p in paths if p not in folders and not ignored(p, rules)}
    assert ours == set(listed) - {".gitignore"}


def ignored(path: str, rules: List[object]) -> bool:
    parts = path.split("/")
    return any(
        is_ignored("/".join(parts[:end]), end < len(parts), rules)  # type: ignore[arg-type]
        for end in range(1, len(parts) + 1)
    )


# --- imports --------------------------------------------------------------------------------------


def missing(
    folder: Path, platform: Optional[Platform] = None, there: Set[str] = frozenset()
) -> Dict[str, str]:
    sources = found(folder)
    entries = [*sources.entries, *[sources.entries[0]._replace(path=path) for path in there]]
    made = missing_imports("flow.py", sources.imports, entries, platform or Platform("3.13", "x"))
    return {one.module: f"{one.file}:{one.line}" for one in made}


@pytest.mark.skipif(
    not hasattr(__import__("sys"), "stdlib_module_names"), reason="Python 3.10 knows its library"
)
def test_imports_that_nothing_provides_are_told(tmp_path: Path) -> None:
    written(
        tmp_path,
        {
            "flow.py": "import json, absent, provided, boto3\n"
            "from helpers.inner import one\nimport pulumi_aws\n"
            "try:\n    import maybe\nexcept ImportError:\n    maybe = None\n"
            "if __name__ == '__main__':\n    import shown\n"
            "def task():\n    import late.part\n"
            "from glacier import here, there\n",
            "helpers/__init__.py": "from . import sibling\n",
            "helpers/inner.py": "import deep\n",
            "helpers/sibling.py": "from .cousin import x\n",
            "helpers/cousin.py": "import deeper\n",
            "unrelated.py": "import matplotlib\n",
        },
    )

    found = missing(
        tmp_path,
        Platform("3.13", "aarch64", provided=("boto3",)),
        {"provided.cpython-313-aarch64-linux-gnu.so", "glacier/here/__init__.py"},
    )

    assert found == {
        "absent": "flow.py:1",
        "deep": "helpers/inner.py:1",
        "deeper": "helpers/cousin.py:1",
        "glacier.there": "flow.py:12",
        "late": "flow.py:11",
    }


def test_a_file_that_is_no_python_imports_nothing(tmp_path: Path) -> None:
    written(tmp_path, {"flow.py": "import (", "null.py": "\0"})

    assert imports_of(tmp_path / "flow.py") == imports_of(tmp_path / "null.py") == []
