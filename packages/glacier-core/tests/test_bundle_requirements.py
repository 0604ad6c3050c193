"""Requirements: where they are declared, and how they become a folder of wheels."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Tuple

import pytest
from wheels import make_wheel

from glacier.core.bundle import Platform
from glacier.core.bundle.declarations import declared_requirements
from glacier.core.bundle.requirements import (
    Requirements,
    distribution_name,
    without_deployment,
)
from glacier.core.bundle.resolvers import PIP, UV, find_resolver
from glacier.core.bundle.resolving import resolved
from glacier.core.errors import CannotBundle, CannotResolve, MissingLibrary
from glacier.core.libraries import installed

SCRIPT = "# /// script\n# dependencies = [\n#   'six>=1',\n# ]\n# ///\n"
PROJECT = "[project]\nname = 'shop'\ndependencies = ['six>=2']\n"
GRAVITON = Platform("3.13", "aarch64")


def declared(folder: Path, files: Mapping[str, str], target: str = "flow.py") -> Requirements:
    for name, text in {target: "", **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return declared_requirements(folder / target)


# --- where they stand -----------------------------------------------------------------------------


def test_without_any_declaration_nothing_is_needed(tmp_path: Path) -> None:
    assert declared(tmp_path, {}) == Requirements()


def test_inline_metadata_come_first_and_the_others_are_told(tmp_path: Path) -> None:
    files = {"flow.py": SCRIPT, "pyproject.toml": PROJECT, "requirements.txt": "six>=3\n"}

    found = declared(tmp_path, files)

    assert found.lines == ("six>=1",)
    assert found.origin == "the inline metadata of flow.py"
    assert found.notes == (
        "pyproject.toml is not used: the inline metadata of flow.py comes first",
        "requirements.txt is not used: the inline metadata of flow.py comes first",
    )


def test_pyproject_comes_before_requirements_txt_beside_it(tmp_path: Path) -> None:
    found = declared(tmp_path, {"pyproject.toml": PROJECT, "requirements.txt": "six>=3\n"})

    assert (found.lines, found.origin) == (("six>=2",), "pyproject.toml")
    assert found.notes == ("requirements.txt is not used: pyproject.toml comes first",)


def test_the_nearest_folder_counts_up_to_the_repository(tmp_path: Path) -> None:
    files = {"requirements.txt": "no\n", "r/.git/HEAD": "", "r/requirements.txt": "yes\n"}

    assert declared(tmp_path, files, "r/a/flow.py").lines == ("yes",)
    assert declared(tmp_path, {"s/.git/HEAD": ""}, "s/flow.py").lines == ()


@pytest.mark.parametrize(
    "text", ["[tool.ruff]\n", "[project]\nname = 'a'\n", "[project]\ndynamic = ['dependencies']\n"]
)
def test_a_pyproject_that_says_nothing_leaves_it_to_requirements_txt(
    tmp_path: Path, text: str
) -> None:
    assert declared(tmp_path, {"pyproject.toml": text, "requirements.txt": "a\n"}).lines == ("a",)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"pyproject.toml": "[project]\ndynamic = ['dependencies']\n"}, "dynamic"),
        ({"pyproject.toml": "[project\n"}, "is no TOML"),
        ({"pyproject.toml": "[project]\ndependencies = 'six'\n"}, "no list of texts"),
        ({"flow.py": SCRIPT + "\n" + SCRIPT}, "2 blocks"),
        ({"requirements.txt": "-r absent.txt\n"}, "which requirements.txt asks for"),
        ({"requirements.txt": "git+https://example.com/a.git\n"}, "wheels alone"),
        ({"requirements.txt": "a @ git+https://example.com/a.git\n"}, "wheels alone"),
        ({"requirements.txt": "-e ./lib\n", "lib/setup.py": ""}, "wheels alone"),
        ({"requirements.txt": "./lib[extra]\n", "lib/setup.py": ""}, "wheels alone"),
    ],
)
def test_a_declaration_that_is_of_no_use_is_refused(
    tmp_path: Path, files: Dict[str, str], told: str
) -> None:
    with pytest.raises(CannotBundle, match=re.escape(told)):
        declared(tmp_path, files)


def test_without_a_reader_of_toml_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tomllib", None)
    monkeypatch.setitem(sys.modules, "tomli", None)

    with pytest.raises(MissingLibrary, match="pip install tomli"):
        declared(tmp_path, {"pyproject.toml": PROJECT})


def test_requirements_txt_is_read_with_all_that_it_brings(tmp_path: Path) -> None:
    found = declared(
        tmp_path,
        {
            "requirements.txt": "# all\n--index-url https://example.com/simple\n"
            "-f wheels\n--find-links=https://example.com/w\n"
            "six==1.17.0 \\\n    --hash=sha256:ab  # why\n-r more/base.txt\n-c limits.txt\n"
            "./dist/own-1.0-py3-none-any.whl ; python_version > '3'\n-e .\n",
            "more/base.txt": "polars[numpy]>=1 ; sys_platform == 'linux'\n-r ../requirements.txt\n",
            "limits.txt": "polars<2\n",
            "pyproject.toml": "[project]\ndynamic = []\n",
        },
    )

    assert found.lines == (
        "six==1.17.0     --hash=sha256:ab",
        "polars[numpy]>=1 ; sys_platform == 'linux'",
        f"{(tmp_path / 'dist/own-1.0-py3-none-any.whl').as_uri()} ; python_version > '3'",
    )
    assert found.constraints == ("polars<2",)
    assert found.options == (
        "--index-url https://example.com/simple",
        f"--find-links {(tmp_path / 'wheels').as_uri()}",
        "--find-links=https://example.com/w",
    )


def test_an_installed_project_brings_its_own_requirements(tmp_path: Path) -> None:
    files = {"requirements.txt": "a\n-e ..\n", "../pyproject.toml": PROJECT}

    assert declared(tmp_path / "app", files).lines == ("a", "six>=2")


def test_what_is_excluded_is_gathered_from_the_inline_metadata_and_the_project(
    tmp_path: Path,
) -> None:
    table = "[tool.glacier.bundle]\nexclude = ['Pandas_X']\n"
    script = SCRIPT.replace("# ///\n", "# [tool.glacier.bundle]\n# exclude = ['boto3']\n# ///\n")

    found = declared(tmp_path, {"flow.py": script, "pyproject.toml": table})

    assert found.excluded == ("boto3", "pandas-x")
    files = {"flow.py": "", "pyproject.toml": table, "requirements.txt": "six\n"}
    assert declared(tmp_path, files).excluded == ("pandas-x",)
    with pytest.raises(CannotBundle, match="no list of texts"):
        declared(tmp_path, {"pyproject.toml": table.replace("['Pandas_X']", "1")})


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Flask_Cors[all]>=5; python_version > '3'", "flask-cors"),
        ("a.b@https://example.com/a.whl", "a-b"),
        ("six", "six"),
        ("--pre", ""),
    ],
)
def test_names_are_compared_as_indexes_do(line: str, name: str) -> None:
    assert distribution_name(line) == name


def test_glacier_and_pulumi_are_left_out_with_a_note() -> None:
    lines = ("glacier-pipeline[aws]", "six", "Pulumi_AWS>=7", "pulumi", "pulumiish", "glacier-shop")

    found = without_deployment(Requirements(lines, origin="pyproject.toml"))

    assert found.lines == ("six", "pulumiish", "glacier-shop")
    (note,) = found.notes
    assert "from pyproject.toml: glacier-pipeline, pulumi, pulumi-aws (" in note


# --- resolving ------------------------------------------------------------------------------------


@pytest.fixture(params=[UV, PIP])
def resolver(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    try:
        find_resolver(name)
    except CannotBundle:
        pytest.skip(f"{name} is not installed")
    return name


class Offline:
    """A folder of wheels in place of an index."""

    def __init__(self, folder: Path, resolver: Optional[str]) -> None:
        self.wheels = folder / "wheels"
        self.wheels.mkdir()
        self.cache = folder / "cache"
        self._folder, self._resolver = folder, resolver

    def resolve(
        self, *lines: str, platform: Platform = GRAVITON, **options: Any
    ) -> Tuple[List[str], Tuple[str, ...]]:
        """The top-level names that lines bring, and the notes."""
        wanted = Requirements(
            lines,
            ("--no-index", f"--find-links {self.wheels.as_uri()}"),
            options.pop("constraints", ()),
            options.pop("excluded", ()),
            "requirements.txt",
        )
        site, notes = resolved(
            wanted,
            platform,
            folder=self._folder,
            cache=self.cache,
            resolver=self._resolver,
            **options,
        )
        assert site is not None
        self.site = site
        return sorted(path.name for path in site.iterdir() if ".dist-info" not in path.name), notes


@pytest.fixture
def offline(tmp_path: Path, resolver: str) -> Offline:
    return Offline(tmp_path, resolver)


def test_no_requirements_need_no_resolver(tmp_path: Path) -> None:
    found = resolved(Requirements(), GRAVITON, folder=tmp_path, cache=tmp_path, resolver="none")

    assert found == (None, ())


def test_wheels_are_those_of_the_platform_with_what_they_require(offline: Offline) -> None:
    for machine in ("aarch64", "x86_64"):
        tag = f"cp313-cp313-manylinux_2_28_{machine}"
        make_wheel(offline.wheels, "fast", tag=tag, requires=["low"], files={f"{machine}.so": ""})
    make_wheel(offline.wheels, "fast", "2.0", tag="cp313-cp313-manylinux_2_39_aarch64")
    make_wheel(offline.wheels, "fast", "3.0", tag="cp312-cp312-manylinux_2_28_aarch64")
    make_wheel(offline.wheels, "low")
    make_wheel(offline.wheels, "low", "2.0")

    assert offline.resolve("fast", constraints=("low<2",)) == (["aarch64.so", "low.py"], ())
    assert "1.0" in (offline.site / "low.py").read_text(encoding="utf-8")
    assert offline.resolve("fast", platform=Platform("3.13", "x86_64"))[0] == [
        "low.py",
        "x86_64.so",
    ]


def test_nothing_in_the_folder_tells_who_installed_it_where(offline: Offline) -> None:
    wheel = make_wheel(offline.wheels, "tool", scripts=["tool"], files={"tool/__init__.py": ""})

    names, _ = offline.resolve(wheel.as_uri())

    assert names == ["tool"]
    (info,) = offline.site.glob("*.dist-info")
    assert sorted(path.name for path in info.iterdir()) == [
        "METADATA",
        "RECORD",
        "WHEEL",
        "entry_points.txt",
    ]
    record = (info / "RECORD").read_text(encoding="utf-8")
    assert [line.partition(",")[0] for line in record.splitlines()] == [
        "tool-1.0.dist-info/METADATA",
        "tool-1.0.dist-info/RECORD",
        "tool-1.0.dist-info/WHEEL",
        "tool-1.0.dist-info/entry_points.txt",
        "tool/__init__.py",
    ]


def test_what_was_resolved_is_found_again_without_an_index(offline: Offline) -> None:
    make_wheel(offline.wheels, "a")
    first = offline.resolve("a")
    (offline.wheels / "a-1.0-py3-none-any.whl").unlink()

    assert offline.resolve("a") == first
    with pytest.raises(CannotResolve):
        offline.resolve("a", fresh=True)
    assert offline.resolve("a") == first  # what is there stays when a new one fails
    with pytest.raises(CannotResolve):
        offline.resolve("a", platform=Platform("3.12", "aarch64"))
    assert [path for path in offline.cache.iterdir() if path.name.startswith(".")] == []


def test_fresh_brings_newer_versions(offline: Offline) -> None:
    make_wheel(offline.wheels, "a")
    offline.resolve("a")
    make_wheel(offline.wheels, "a", "2.0")
    offline.resolve("a")
    assert "1.0" in (offline.site / "a.py").read_text(encoding="utf-8")

    offline.resolve("a", fresh=True)
    assert "2.0" in (offline.site / "a.py").read_text(encoding="utf-8")


def test_a_wheel_on_this_machine_is_known_by_its_contents(offline: Offline) -> None:
    wheel = make_wheel(offline.wheels / "own", "a", files={"a.py": "1"})
    offline.resolve(wheel.as_uri())
    make_wheel(offline.wheels / "own", "a", files={"a.py": "2"})

    offline.resolve(wheel.as_uri())

    assert (offline.site / "a.py").read_text(encoding="utf-8") == "2"


def test_an_unknown_name_is_told_with_what_the_resolver_said(offline: Offline) -> None:
    with pytest.raises(CannotResolve, match="aarch64") as raised:
        offline.resolve("no-such-package-here")

    text = str(raised.value)
    assert "in requirements.txt cannot be resolved for Python 3.13 on Linux, aarch64" in text
    assert "no-such-package-here" in raised.value.said
    assert "Correct the name or the versions" in text


def test_a_wheel_for_other_machines_alone_is_told(offline: Offline) -> None:
    make_wheel(offline.wheels, "fast", tag="cp313-cp313-macosx_11_0_arm64")

    with pytest.raises(CannotResolve, match="fast"):
        offline.resolve("fast")


def test_passwords_of_an_index_are_not_told(tmp_path: Path, resolver: str) -> None:
    options = ("--index-url http://me:hidden@127.0.0.1:9/simple",)
    wanted = Requirements(("a",), options, origin="requirements.txt")
    # One try is enough, and no index of this machine's own settings may answer in its place.
    environment = {"UV_HTTP_RETRIES": "0", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": "/dev/null"}

    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        for name in ("PIP_EXTRA_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_INDEX", "PIP_FIND_LINKS"):
            patch.delenv(name, raising=False)
        with pytest.raises(CannotResolve) as raised:
            resolved(wanted, GRAVITON, folder=tmp_path, cache=tmp_path, resolver=resolver)

    assert "hidden" not in str(raised.value)
    if resolver == UV:  # pip says the same of an index without the name and of none at all
        assert "the package index cannot be reached" in str(raised.value)


def test_what_is_excluded_is_not_there_whoever_requires_it(offline: Offline) -> None:
    make_wheel(offline.wheels, "light", requires=["heavy-one"])
    make_wheel(offline.wheels, "heavy-one")

    assert offline.resolve("light")[0] == ["heavy_one.py", "light.py"]
    assert offline.resolve("light", excluded=("heavy-one",))[0] == ["light.py"]


@pytest.fixture
def uv_offline(tmp_path: Path) -> Offline:
    try:
        find_resolver(UV)
    except CannotBundle:
        pytest.skip("uv is not installed")
    return Offline(tmp_path, UV)


def test_others_that_require_glacier_bring_none_from_the_index(uv_offline: Offline) -> None:
    make_wheel(uv_offline.wheels, "share", requires=["glacier-pipeline>=0.1", "pulumi-aws", "low"])
    make_wheel(uv_offline.wheels, "low")

    assert uv_offline.resolve("share")[0] == ["low.py", "share.py"]


def test_what_others_of_pulumi_bring_is_taken_out_again(uv_offline: Offline) -> None:
    make_wheel(uv_offline.wheels, "share", requires=["pulumi-random"])
    make_wheel(uv_offline.wheels, "pulumi-random", files={"pulumi_random/__init__.py": ""})

    names, notes = uv_offline.resolve("share")

    assert names == ["share.py"]
    assert notes == ("not carried, though something requires it: pulumi-random",)


def test_markers_are_those_of_the_platform(uv_offline: Offline) -> None:
    make_wheel(uv_offline.wheels, "there")

    lines = ["there; python_version == '3.13' and platform_machine == 'aarch64'"]
    assert uv_offline.resolve(*lines, "not-there; python_version < '3.13'")[0] == ["there.py"]
    assert uv_offline.resolve("not-there; python_version < '3.13'")[0] == []


def test_there_must_be_a_resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "uv", None)
    found = find_resolver().name if installed("pip") else None
    assert found in (PIP, None)

    monkeypatch.setitem(sys.modules, "pip", None)
    with pytest.raises(CannotBundle, match="neither uv nor pip is installed"):
        find_resolver()
