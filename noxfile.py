"""Every check of the project, one session each; ``nox -l`` lists them.

``nox`` alone runs what a change must pass, on the Python that runs nox, with nothing but a
package registry. ``nox -t matrix`` proves that each distribution installs, works and can be
released alone, on every Python that it claims. CONTRIBUTING.md says when to run which.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import nox

CI = Path(__file__).resolve().parent / ".ci"
sys.path.insert(0, str(CI))  # nox leaves the folder of the noxfile out

from workspace import (  # noqa: E402
    CORE,
    DIST,
    EXTENSIONS,
    PACKAGES,
    ROOT,
    claims,
    editable,
    folder,
    project,
    wheel,
    with_core,
)

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"
# A matrix that skips what it does not find would prove nothing.
nox.options.error_on_missing_interpreters = True
# Tests last: their closing line ends the output.
nox.options.sessions = ["check-wheel", "quality", "docs", "quick"]

PYTHONS = ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13"]
OLD = "uv|venv"  # virtualenv has given up Python 3.8
AZURITE = "3.37.0"
PYODIDE = "314.0.7"  # its first number is the CPython that it holds: 3.14
TOOLS = nox.project.load_toml(ROOT / "pyproject.toml")


def group(name: str) -> list[str]:
    return list(nox.project.dependency_groups(TOOLS, name))


def on_pythons(*, ends: bool = False) -> list[nox.param]:
    """Each package on the Pythons that it claims, or on the oldest and the newest of them."""
    claimed = {p: [v for v in PYTHONS if claims(p, v)] for p in PACKAGES}
    pairs = [(v, p) for v in PYTHONS for p in PACKAGES if v in claimed[p]]
    if ends:
        pairs = [(v, p) for v, p in pairs if v in (claimed[p][0], claimed[p][-1])]
    return [nox.param(v, p, id=f"{p}-{v}") for v, p in pairs]


def each(packages: list[str]) -> list[nox.param]:
    return [nox.param(p, id=p) for p in packages]


def check_portions(session: nox.Session, have: list[str]) -> None:
    """These portions come from site-packages, and no other one is to be found."""
    absent = [p for p in PACKAGES if p not in have]
    session.run("python", str(CI / "portions.py"), ",".join(have), ",".join(absent))


def run_tests(session: nox.Session, *packages: str) -> None:
    # "pytest", not "python -m pytest": the latter would put this folder on sys.path.
    options = session.posargs or ["--numprocesses=auto"]
    session.run("pytest", *[str(folder(p) / "tests") for p in packages], *options)


# --- what a change must pass: nox -----------------------------------------------------------------


@nox.session(reuse_venv=True)
def quick(session: nox.Session) -> None:
    """The tests of all packages, installed editable, on this Python: the inner loop."""
    names = ("bundles", "values", "databases", "objects", "stands")
    libraries = [need for name in names for need in group(name)]
    session.install(*editable(PACKAGES), *group("test"), *libraries)
    run_tests(session, *PACKAGES)


@nox.session(reuse_venv=True)
def example(session: nox.Session) -> None:
    """Run the main example, flights, then the quick start, on real data."""
    session.install(*editable(PACKAGES), *group("example"))
    session.run("python", "examples/flights.py")
    session.run("python", "examples/quickstart.py")


@nox.session(reuse_venv=True)
def docs(session: nox.Session) -> None:
    """Run every code block of the documents, and the tests of the examples."""
    third = ["-e", str(ROOT / "examples" / "glacier-share")]
    libraries = [*group("example"), *group("bundles")]  # a document deploys a real bundle
    session.install(*editable(PACKAGES), *third, *group("test"), *libraries)
    options = session.posargs or ["--numprocesses=auto", "--dist=loadfile"]
    session.run("pytest", "tests", "examples", *options)


@nox.session(reuse_venv=True)
def quality(session: nox.Session) -> None:
    """Style, architecture, types; to run only some: -- style contracts mypy pyright."""
    session.install(*editable(PACKAGES), *group("test"), *group("quality"))
    checks = {
        "style": [["ruff", "check", "."], ["ruff", "format", "--check", "."]],
        "contracts": [["lint-imports"]],
        "mypy": [
            ["mypy", *[part for p in PACKAGES for part in ("-p", f"glacier.{p}")]],
            ["mypy", *map(str, sorted(ROOT.glob("examples/*.py")))],
            *[["mypy", str(f)] for p in PACKAGES if (f := folder(p) / "tests" / "typing").exists()],
        ],
        "pyright": [["pyright", "--pythonpath", str(Path(session.bin) / "python")]],
    }
    failed = []
    for name in session.posargs or checks:
        for command in checks[name]:
            try:
                session.run(*command)
            except nox.command.CommandFailed:  # go on, so that one run tells all
                failed.append(name)
    if failed:
        session.error(f"failed: {', '.join(dict.fromkeys(failed))}")


@nox.session(default=False)
def dist(session: nox.Session) -> None:
    """Build each distribution as a release does, the wheel through the sdist, and look inside."""
    session.install("build>=1.2")
    shutil.rmtree(DIST, ignore_errors=True)
    installer = "uv" if session.venv_backend == "uv" else "pip"
    for package in PACKAGES:
        out = str(DIST / package)
        command = ["-m", "build", "--installer", installer, "--outdir", out, str(folder(package))]
        session.run("python", *command, silent=True)
        session.run("python", str(CI / "wheel.py"), package, wheel(package))


@nox.session(name="check-wheel", reuse_venv=True, requires=["dist"])
def check_wheel(session: nox.Session) -> None:
    """Check what would be uploaded: contents, metadata, and how the README will look."""
    session.install(*group("wheel"))
    for package in PACKAGES:
        session.run("check-wheel-contents", "--toplevel", "glacier", wheel(package))
        session.run("twine", "check", "--strict", *map(str, sorted((DIST / package).iterdir())))


# --- each distribution alone: nox -t matrix -------------------------------------------------------


@nox.session(tags=["matrix"], venv_backend=OLD, requires=["dist"])
@nox.parametrize("python,package", on_pythons())
def tests(session: nox.Session, package: str) -> None:
    """The wheel of one package, with core's, in an environment of its own."""
    more = {
        "aws": ["bundles", "objects", "stands"],
        "core": ["bundles", "databases", "deployments", "objects"],
        "local": ["values"],
    }
    libraries = [one for name in more.get(package, ()) for one in group(name)]
    session.install(*map(wheel, with_core(package)), *group("test"), *libraries)
    check_portions(session, with_core(package))
    if package == "local":  # the example of the standard library runs on every Python too
        session.run("python", "examples/quickstart.py", silent=True)
    session.env.setdefault("GLACIER_EXAMPLES", "25")
    run_tests(session, package)


@nox.session(tags=["matrix"], venv_backend=OLD, requires=["dist"])
@nox.parametrize("python,package", on_pythons(ends=True))
def lowest(session: nox.Session, package: str) -> None:
    """The same with the lowest versions that the dependencies allow."""
    session.install("uv")
    # uv takes only what the command line names for direct, so it names what the package needs.
    direct = [
        d for p in with_core(package) for d in project(p)["dependencies"] if "glacier" not in d
    ]
    install = ["uv", "pip", "install", "--quiet", "--resolution=lowest-direct"]
    session.run(*install, *map(wheel, with_core(package)), *direct, *group("test"))
    run_tests(session, package)


@nox.session(tags=["matrix"], requires=["dist"])
@nox.parametrize("extra", each([*EXTENSIONS]))
def extras(session: nox.Session, extra: str) -> None:
    """``glacier-pipeline[extra]`` brings exactly the package that it names."""
    # By URL: a newer release on the registry must not win over the wheel of this tree.
    pins = Path(session.create_tmp()) / "constraints.txt"
    lines = [f"{project(p)['name']} @ {Path(wheel(p)).as_uri()}\n" for p in PACKAGES]
    pins.write_text("".join(lines), encoding="utf-8")
    session.install("-c", str(pins), f"glacier-pipeline[{extra}]")
    check_portions(session, with_core(extra))


@nox.session(name="oldest-core", tags=["matrix"], requires=["dist"])
@nox.parametrize("package", each(EXTENSIONS))
def oldest_core(session: nox.Session, package: str) -> None:
    """An extension of this tree on the oldest core that it claims, built from that core's tag."""
    (need,) = (d for d in project(package)["dependencies"] if d.startswith("glacier-pipeline"))
    floor = re.search(r">=([\d.]+)", need)[1]
    core = released(session, CORE, f"v{floor}*", oldest=True)
    session.install(str(core), wheel(package), *group("test"))
    run_tests(session, package)


@nox.session(name="released-extensions", tags=["matrix"], requires=["dist"])
@nox.parametrize("package", each(EXTENSIONS))
def released_extensions(session: nox.Session, package: str) -> None:
    """The newest release of an extension, with its own tests, on the core of this tree."""
    old = released(session, package, "v*")
    session.install(str(old), wheel(CORE), *group("test"))
    session.run("pytest", str(old / "tests"), *(session.posargs or ["--numprocesses=auto"]))


def released(session: nox.Session, package: str, version: str, *, oldest: bool = False) -> Path:
    """The folder of a package as one of its releases had it; without one the session is skipped."""
    pattern = f"{project(package)['name']}-{version}"
    order = f"--sort={'' if oldest else '-'}v:refname"
    tags = session.run("git", "tag", "--list", pattern, order, external=True, silent=True).split()
    if not tags:
        session.skip(f"there is no release yet: no tag {pattern}")
    old = Path(session.create_tmp()) / "old"
    shutil.rmtree(old, ignore_errors=True)
    old.mkdir()
    archive = old / "packages.tar"  # of all: the tests of one may need what another's share
    session.run("git", "archive", f"--output={archive}", tags[0], "packages", external=True)
    shutil.unpack_archive(archive, old)
    return old / folder(package).relative_to(ROOT)


@nox.session(name="foreign-glacier", tags=["matrix"], venv_backend="virtualenv", requires=["dist"])
def foreign_glacier(session: nox.Session) -> None:
    """Beside the unrelated PyPI package ``glacier`` each import names the mend, and it mends."""
    session.install(*map(wheel, PACKAGES), "glacier==0.4.6")
    for name in ["glacier", *[f"glacier.{p}" for p in PACKAGES]]:
        session.run("python", str(CI / "foreign.py"), name)
    session.run("python", "-m", "pip", "uninstall", "--quiet", "--yes", "glacier")
    check_portions(session, PACKAGES)


@nox.session(tags=["matrix"], venv_backend="virtualenv", requires=["dist"])
def py314(session: nox.Session) -> None:
    """Core's tests on CPython 3.14, which is Pyodide's, under Node; needs node and npm."""
    tmp = Path(session.create_tmp())
    site = tmp / "site"
    pure = ["--only-binary=:all:", "--platform=any", "--python-version=3.14", "--upgrade"]
    # Dask needs psutil and Pulumi needs grpcio, of which there are no wheels for Pyodide here.
    here = [p for p in PACKAGES if p not in ("aws", "azure", "dask", "gcp")]
    session.install("--target", str(site), *pure, *map(wheel, here), *group("test"))
    npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(tmp)]
    session.run(*npm, f"pyodide@{PYODIDE}", external=True)
    script = str(CI / "py314.mjs")
    session.run("node", script, str(tmp), str(ROOT), *session.posargs, external=True)


# --- on demand ------------------------------------------------------------------------------------


@nox.session(default=False, requires=["dist"])
def benchmarks(session: nox.Session) -> None:
    """Measure the overhead of Glacier beside a bare loop; -- --peers adds Hamilton."""
    peers = ["sf-hamilton"] if "--peers" in session.posargs else []
    extra = project("core")["optional-dependencies"]["cli"]
    session.install(*map(wheel, PACKAGES), "numpy", "pyarrow", *extra, *peers)
    session.run("python", "benchmarks/run.py", *session.posargs)


@nox.session(default=False)
def crashes(session: nox.Session) -> None:
    """Kill 200 processes that write versions, then 200 that run pipelines, while others read."""
    session.install(*editable(["core", "local"]), "pyarrow")
    for program in ("glacier-core/tests/killing.py", "glacier-local/tests/killing_runs.py"):
        session.run("python", f"packages/{program}", *(session.posargs or ["200"]))


@nox.session(default=False)
def emulators(session: nox.Session) -> None:
    """The tests of stores on Azurite too, which npm installs; needs node and npm."""
    session.install(*editable(["core", "azure"]), *group("test"), *group("objects"))
    tmp = session.create_tmp()
    npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", tmp]
    session.run(*npm, f"azurite@{AZURITE}", external=True)
    session.env["GLACIER_AZURITE"] = str(Path(tmp).resolve())
    tests = folder("core") / "tests"
    chosen = sorted([*tests.glob("test_stores*.py"), *tests.glob("test_versions*.py")])
    session.run("pytest", *map(str, chosen), "-k", "azurite", *session.posargs)
    session.run("pytest", str(folder("azure") / "tests" / "test_runtime.py"), *session.posargs)


@nox.session(default=False)
def stand(session: nox.Session) -> None:
    """What is deployed on AWS, on two of them on the loopback, with what takes minutes there."""
    names = ("bundles", "example", "objects", "stands")
    libraries = [need for name in names for need in group(name)]
    session.install(*editable(["core", "local", "aws"]), *group("test"), *libraries)
    session.env["GLACIER_STAND"] = "1"
    kinds = ("deployed", "end_to_end", "flights", "machines", "moto", "stand")
    tests = folder("aws") / "tests"
    chosen = sorted(path for kind in kinds for path in tests.glob(f"test_{kind}*.py"))
    session.run("pytest", *map(str, chosen), *session.posargs)


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Which lines and branches of the packages their tests leave out."""
    names = ("test", "bundles", "values", "databases", "objects", "stands")
    groups = [need for name in names for need in group(name)]
    session.install(*editable(PACKAGES), *groups, "coverage>=7.6")
    session.run("coverage", "run", "-m", "pytest", *session.posargs)
    session.run("coverage", "report")


@nox.session(venv_backend="none", default=False)
@nox.parametrize("package", each(PACKAGES))
def tag(session: nox.Session, package: str) -> None:
    """Print the release tag of the tree, or refuse another one: nox -s "tag(core)" -- TAG."""
    session.run("python", str(CI / "tag.py"), package, *session.posargs, external=True)
