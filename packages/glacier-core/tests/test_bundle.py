"""Whole bundles: what is in them, that they are always the same, and that they run."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any, Dict, List, Mapping
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wheels import make_sources, make_wheel

from glacier.core.bundle import Bundle, Limits, Part, Platform, locate, make_bundle
from glacier.core.bundle.archive import write_archive
from glacier.core.bundle.portions import Portion, required_by
from glacier.core.bundle.records import Entry
from glacier.core.bundle.resolvers import find_resolver
from glacier.core.errors import BundleTooLarge, CannotBundle, CannotResolve

HERE = Platform(f"{sys.version_info[0]}.{sys.version_info[1]}", "x86_64")
GRAVITON = Platform("3.13", "aarch64")
LAMBDA = Limits("AWS Lambda", 262_144_000, 52_428_800)
FLOW = """\
from glacier.core import Dataset, Pipeline
from glacier.core.testing import InlineExecutor
from rates import factor

pipeline = Pipeline(name="etl")
raw = Dataset(name="raw")
clean = Dataset(name="clean")


@pipeline.task()
def extract() -> raw:
    return [3, 1, 2]


@pipeline.task()
def transform(data: raw) -> clean:
    return sorted(one * factor() for one in data)


run = InlineExecutor().execute(pipeline)
"""
RATES = "from pathlib import Path\n\ndef factor():\n    return int(\
(Path(__file__).parent / 'data' / 'factor.txt').read_text())\n"
PROJECT = {"flow.py": FLOW, "rates.py": RATES, "data/factor.txt": "10"}
RUN = """\
import json, sys
sys.path.insert(0, {root!r})
from glacier.core.loader import load
from glacier.core.testing import InlineExecutor
from glacier.core.registry import installed
pipeline = load({target!r}).choose()
run = InlineExecutor().execute(pipeline)
inside = [m.__file__ for n, m in sys.modules.items() if n.startswith("glacier.")]
assert all(one.startswith({root!r}) for one in inside), inside
print(json.dumps([run["clean"], installed("glacier.executors")]))
"""


def written(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def bundled(folder: Path, into: Path, **options: Any) -> Bundle:
    root, target = locate(str(folder / "flow.py"))
    given: Dict[str, Any] = {"packages": [], "platform": GRAVITON, "deployed": {"target": target}}
    return make_bundle(root=root, target=target, into=into, **{**given, **options})


def contents(bundle: Bundle) -> List[str]:
    with ZipFile(bundle.path) as archive:
        return archive.namelist()


# --- what is in it --------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "emscripten", reason="no processes")
@pytest.mark.skipif(
    sys.version_info < (3, 10), reason="core needs backports from the index; clouds are newer"
)
def test_it_runs_where_nothing_else_is(tmp_path: Path) -> None:
    made = bundled(written(tmp_path / "p", PROJECT), tmp_path / "out", platform=HERE)
    unpacked = tmp_path / "unpacked"
    shutil.unpack_archive(made.path, unpacked)
    code = RUN.format(root=str(unpacked), target=str(unpacked / "flow.py"))

    command = [sys.executable, "-I", "-S", "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [[10, 20, 30], []]


def test_it_holds_the_users_files_glaciers_and_what_was_deployed(tmp_path: Path) -> None:
    deployed = {"format": 1, "pipeline": "etl", "target": "flow.py"}

    made = bundled(written(tmp_path / "p", PROJECT), tmp_path / "out", deployed=deployed)

    names = contents(made)
    assert names == sorted(names)
    assert {"flow.py", "rates.py", "data/factor.txt", "glacier/core/worker.py"} <= set(names)
    assert "glacier/__init__.py" not in names
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]
    assert not [name for name in names if name.startswith(("glacier/core/cli/", "pulumi"))]
    with ZipFile(made.path) as archive:
        assert json.loads(archive.read("glacier-deployed.json")) == deployed
        assert {info.date_time[:3] for info in archive.infolist()} == {(1980, 1, 1)}
    assert made.sha256 == sha256(Path(made.path).read_bytes()).hexdigest()
    assert made.size == Path(made.path).stat().st_size
    assert made.unzipped == sum(part.size for part in made.packages)
    assert [part.name for part in made.packages] == ["glacier-pipeline", "your own files"]


def test_the_helpers_for_tests_are_carried_only_if_they_are_imported(tmp_path: Path) -> None:
    made = bundled(written(tmp_path / "p", {"flow.py": "import glacier.core\n"}), tmp_path / "out")

    assert not [name for name in contents(made) if name.startswith("glacier/core/testing")]


def test_what_needs_only_the_standard_library_is_small(tmp_path: Path) -> None:
    made = bundled(written(tmp_path / "p", PROJECT), tmp_path / "out")

    assert made.unzipped < 3_000_000
    assert made.is_direct


def test_glacier_packages_that_files_import_are_carried(tmp_path: Path) -> None:
    pytest.importorskip("glacier.local")
    files = {"flow.py": "from glacier.local import LocalExecutor\n"}

    names = contents(bundled(written(tmp_path / "p", files), tmp_path / "out"))

    assert "glacier/local/executor.py" in names
    (points,) = [one for one in names if one.endswith("entry_points.txt")]
    assert points.startswith("glacier_local-")


def test_a_package_that_is_not_installed_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "p", PROJECT)

    for package in ("glacier-absent", "polars"):
        with pytest.raises(CannotBundle, match=f"pip install {package}"):
            bundled(tmp_path / "p", tmp_path / "out", packages=[package])


def test_libraries_of_others_portions_come_along() -> None:
    requires = ("typing-extensions; python_version < '3.10'", "click; extra == 'cli'")
    core = Portion("core", Path(), "glacier-pipeline", "1", "", requires)
    theirs = Portion("shop", Path(), "glacier-shop", "1", "", ("stripe>=1", "x; extra == 'y'"))
    ours = Portion("local", Path(), "glacier-local", "1", "", ("cloudpickle",))

    assert required_by([core, theirs, ours], "3.13") == ["stripe>=1"]
    assert required_by([core], "3.9") == ["typing-extensions; python_version < '3.10'"]


# --- with requirements ----------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose requirements are wheels beside it."""
    try:
        find_resolver()
    except CannotBundle:
        pytest.skip("neither uv nor pip is installed")
    make_wheel(tmp_path / "wheels", "low", scripts=["low"])
    make_wheel(tmp_path / "wheels", "extra", "2.0")
    lines = "--no-index\n-f ../wheels\nlow\nglacier-pipeline[aws]\n"
    return written(tmp_path / "p", {**PROJECT, "requirements.txt": lines})


def test_requirements_are_carried_with_those_of_the_provider(project: Path, tmp_path: Path) -> None:
    made = bundled(project, tmp_path / "out", extra_requirements=["extra>=1", "low>=0.5"])

    assert {"low.py", "extra.py", "low-1.0.dist-info/RECORD"} <= set(contents(made))
    assert ("extra", "2.0") in [(part.name, part.version) for part in made.packages]
    assert "not installed from requirements.txt: glacier-pipeline" in str(made)
    assert not [name for name in contents(made) if name.startswith("bin/")]


def test_the_folders_of_bundles_may_be_told_from_where_one_is(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    made = bundled(project, Path(".glacier", "bundles"))

    assert Path(made.path).parent == tmp_path / ".glacier" / "bundles"
    assert "low.py" in contents(made)


def test_an_unchanged_deployment_resolves_nothing(project: Path, tmp_path: Path) -> None:
    first = bundled(project, tmp_path / "out")
    shutil.rmtree(tmp_path / "wheels")

    assert bundled(project, tmp_path / "out") == first
    with pytest.raises(CannotResolve):
        bundled(project, tmp_path / "out", fresh=True)


def test_the_users_files_come_before_those_of_requirements(project: Path, tmp_path: Path) -> None:
    written(project, {"low.py": "MINE = 1\n"})

    made = bundled(project, tmp_path / "out")

    with ZipFile(made.path) as archive:
        assert archive.read("low.py") == b"MINE = 1\n"


def test_a_package_of_a_requirement_does_not_hide_the_users_module(
    project: Path, tmp_path: Path
) -> None:
    make_wheel(tmp_path / "wheels", "low", "2.0", files={"low/__init__.py": "", "other.py": ""})
    written(project, {"low.py": "MINE = 1\n"})

    names = contents(bundled(project, tmp_path / "out"))

    assert {"low.py", "other.py"} <= set(names)
    assert "low/__init__.py" not in names


def test_earlier_bundles_are_in_no_later_one(tmp_path: Path) -> None:
    folder = written(tmp_path / "p", PROJECT)

    assert bundled(folder, folder / "out") == bundled(folder, folder / "out")


def test_the_users_own_portion_of_the_namespace_is_carried_as_a_portion(tmp_path: Path) -> None:
    files = {"glacier/__init__.py": "", "glacier/shop/__init__.py": "", "flow.py": ""}

    names = contents(bundled(written(tmp_path / "p", files), tmp_path / "out"))

    assert "glacier/shop/__init__.py" in names
    assert "glacier/__init__.py" not in names


def test_the_same_input_makes_the_same_bytes(project: Path, tmp_path: Path) -> None:
    first = bundled(project, tmp_path / "out")
    copy = tmp_path / "elsewhere" / "p"
    copy.mkdir(parents=True)
    files = [path for path in project.rglob("*") if path.is_file()]
    random.shuffle(files)
    for number, path in enumerate(files):
        target = copy / path.relative_to(project)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
        target.chmod(0o600)
        os.utime(target, (1_000_000 + number, 1_000_000 + number))
    shutil.copytree(tmp_path / "wheels", tmp_path / "elsewhere" / "wheels")
    (copy / "__pycache__").mkdir()
    (copy / "__pycache__" / "flow.cpython-313.pyc").write_bytes(b"\0")

    second = bundled(copy, tmp_path / "other", cache=tmp_path / "cache")

    assert Path(first.path).read_bytes() == Path(second.path).read_bytes()
    assert (first.sha256, first.packages) == (second.sha256, second.packages)


def test_a_changed_file_makes_other_bytes(project: Path, tmp_path: Path) -> None:
    first = bundled(project, tmp_path / "out")
    written(project, {"data/factor.txt": "11"})

    assert bundled(project, tmp_path / "out").sha256 != first.sha256


ENTRIES = st.dictionaries(
    st.from_regex(r"[a-z]{1,4}(/[a-z]{1,4}){0,2}", fullmatch=True),
    st.tuples(st.binary(max_size=100), st.booleans()),
    max_size=6,
)


@given(ENTRIES, st.randoms(use_true_random=False))
def test_an_archive_depends_on_its_contents_alone(
    tmp_path_factory: pytest.TempPathFactory, files: Mapping[str, Any], order: random.Random
) -> None:
    folder = tmp_path_factory.mktemp("archive")
    entries = [Entry(path, data, "", runs) for path, (data, runs) in files.items()]
    first = write_archive(entries, folder / "a", "flow")
    order.shuffle(entries)

    second = write_archive(entries, folder / "b", "flow")

    assert (first.sha256, first.path.name) == (second.sha256, second.path.name)
    with ZipFile(first.path) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            path: data for path, (data, _) in files.items()
        }


def test_what_fails_leaves_no_part_of_an_archive(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_archive([Entry("a", tmp_path / "absent", "")], tmp_path / "out", "flow")

    assert list((tmp_path / "out").iterdir()) == []


# --- how large it is ------------------------------------------------------------------------------


def test_over_the_limit_the_largest_parts_are_named(tmp_path: Path) -> None:
    written(tmp_path / "p", {**PROJECT, "data/all.csv": "x" * 3_000_000})
    limits = Limits("AWS Lambda", 4_000_000, 50_000)

    with pytest.raises(BundleTooLarge) as raised:
        bundled(tmp_path / "p", tmp_path / "out", limits=limits)

    assert [name for name, _ in raised.value.largest][:2] == ["your own files", "data/all.csv"]
    assert "glacier-pipeline" in str(raised.value)
    assert "AWS Lambda takes 4.0 MB at most" in str(raised.value)
    assert "container image" in str(raised.value)
    assert not list((tmp_path / "out").glob("*.zip"))


def test_a_bundle_is_told_as_text_and_as_data(tmp_path: Path) -> None:
    files = {**PROJECT, ".env": "A=1", "flow.py": f"import no_such_module\n{FLOW}"}
    made = bundled(written(tmp_path / "p", files), tmp_path / "out", limits=LAMBDA)

    text = str(made)
    assert text.startswith("Bundle of ")
    assert "of 262.1 MB that AWS Lambda takes\n" in text
    assert "Note: left out, for it looks like a secret: .env\n" in text
    if sys.version_info >= (3, 10):
        assert "Warning: flow.py, line 1, imports no_such_module" in text
    data = made.to_json()
    assert json.loads(json.dumps(data)) == data
    assert data["packages"][0]["name"] == "glacier-pipeline"
    assert data["limits"]["direct"] == LAMBDA.direct


def test_one_for_a_bucket_says_so(tmp_path: Path) -> None:
    limits = Limits("AWS Lambda", 262_144_000, 50_000)
    made = bundled(written(tmp_path / "p", PROJECT), tmp_path / "out", limits=limits)

    assert not made.is_direct
    assert "too large to be uploaded but through a bucket" in str(made)


def test_many_parts_are_summed_up() -> None:
    parts = tuple(Part(f"part-{n}", "1.0", 200_000) for n in range(15))

    assert "3 more" in str(Bundle("flow.zip", "", 1, 3_000_000, parts))


# --- on the package index -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A package index that answers; where GLACIER_INDEX_REQUIRED is set, it has to."""
    folder = written(tmp_path_factory.mktemp("index"), {"flow.py": "", "requirements.txt": "six\n"})
    try:
        bundled(folder, folder / "out")
    except CannotBundle as error:
        pytest.skip(str(error))
    except CannotResolve as error:
        if os.environ.get("GLACIER_INDEX_REQUIRED"):
            raise
        pytest.skip(f"no package index: {error}")


def on_index(folder: Path, lines: str, resolver: str, **options: Any) -> Bundle:
    try:
        find_resolver(resolver)
    except CannotBundle:
        pytest.skip(f"{resolver} is not installed")
    written(folder / "p", {"flow.py": "", "requirements.txt": lines})
    return bundled(folder / "p", folder / "out", resolver=resolver, **options)


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_real_wheels_are_those_of_another_machine(tmp_path: Path, resolver: str) -> None:
    made = on_index(tmp_path, "numpy>=2.1,<3\nsix\n", resolver)

    compiled = [name for name in contents(made) if name.endswith(".so")]
    assert "six.py" in contents(made)
    assert [name for name in compiled if "cpython-313-aarch64-linux-gnu" in name]
    assert not [name for name in compiled if "x86_64" in name]
    assert made.packages[0].name == "numpy"


@pytest.mark.usefixtures("index")
def test_a_task_of_the_standard_library_with_its_store_is_within_25_megabytes(
    tmp_path: Path,
) -> None:
    made = on_index(tmp_path, "", "uv", extra_requirements=["obstore>=0.12,<1"])

    assert made.packages[0].name == "obstore"
    assert made.unzipped <= 25_000_000


@pytest.mark.usefixtures("index")
def test_plain_python_without_a_wheel_is_built_here(tmp_path: Path) -> None:
    make_sources(tmp_path / "sources", "old-fashioned")

    made = on_index(tmp_path, "-f ../sources\nold-fashioned\n", "uv")

    assert "old_fashioned-1.0.dist-info/METADATA" in contents(made)
    assert "some packages have no wheel and were built here" in made.notes


@pytest.mark.usefixtures("index")
def test_what_was_built_for_this_machine_alone_is_refused(tmp_path: Path) -> None:
    make_sources(tmp_path / "sources", "old-fashioned", native=True)

    with pytest.raises(CannotResolve, match="old-fashioned") as raised:
        on_index(tmp_path, "-f ../sources\nold-fashioned\n", "uv", platform=HERE)
    assert "what is built here runs only here" in str(raised.value)


@pytest.mark.usefixtures("index")
def test_an_unknown_package_of_the_index_is_told(tmp_path: Path) -> None:
    with pytest.raises(CannotResolve, match="no-such-distribution-of-glacier"):
        on_index(tmp_path, "no-such-distribution-of-glacier\n", "uv")
