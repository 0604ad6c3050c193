"""Extensions by entry point: none, one, two, and one that cannot be imported."""

from __future__ import annotations

import importlib
import sys
import textwrap
from pathlib import Path
from typing import Iterator

import pytest

from glacier.core.errors import ExtensionError
from glacier.core.registry import installed, load

GROUP = "glacier.executors"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The only folder that holds distributions; its modules are forgotten in the end."""
    known = set(sys.modules)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *filter(_has_no_distributions, sys.path)])
    yield tmp_path
    for name in set(sys.modules) - known:
        del sys.modules[name]


def _has_no_distributions(path: str) -> bool:
    return not any(Path(path).glob("*.dist-info")) and not any(Path(path).glob("*.egg-info"))


def distribution(site: Path, name: str, *points: str, group: str = GROUP) -> None:
    """Install the metadata of a distribution."""
    folder = site / f"{name.replace('-', '_')}-1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("\n".join([f"[{group}]", *points, ""]))


def module(site: Path, name: str, text: str) -> None:
    (site / f"{name}.py").write_text(textwrap.dedent(text))
    importlib.invalidate_caches()


def refused(name: str, group: str = GROUP) -> str:
    with pytest.raises(ExtensionError) as caught:
        load(group, name)
    return str(caught.value)


def test_what_is_installed_is_listed_and_loaded_when_it_is_asked_for(site: Path) -> None:
    distribution(site, "glacier-fog", "fog = fog:FogExecutor")
    distribution(site, "glacier-sky", "blue = sky:Executor", "aqua = sky:Executor")
    distribution(site, "glacier-rain", "rain = rain:Provider", group="glacier.providers")
    module(site, "fog", "class FogExecutor: ...")

    assert installed(GROUP) == ["aqua", "blue", "fog"]
    assert installed("glacier.providers") == ["rain"]
    assert "fog" not in sys.modules
    assert load(GROUP, "fog").__name__ == "FogExecutor"


def test_none(site: Path) -> None:
    assert installed(GROUP) == []
    assert refused("dask") == (
        "executor 'dask' is not installed. Installed: none. "
        "Install it: python -m pip install 'glacier-pipeline[dask]'."
    )


def test_another_is_installed(site: Path) -> None:
    distribution(site, "glacier-local", "local = glacier.local:LocalExecutor")

    assert refused("dask") == (
        "executor 'dask' is not installed. Installed: 'local'. "
        "Install it: python -m pip install 'glacier-pipeline[dask]'."
    )


def test_one_that_was_misspelt(site: Path) -> None:
    distribution(site, "glacier-local", "local = glacier.local:LocalExecutor")
    distribution(site, "glacier-fog", "fog = fog:FogExecutor")

    assert refused("locall").endswith("Installed: 'fog' and 'local'. Did you mean 'local'?")
    assert refused("dsak").endswith("Did you mean 'dask'?")
    assert refused("x").endswith("Install the distribution that offers it.")


def test_a_provider_is_called_one(site: Path) -> None:
    assert refused("aws", "glacier.providers").startswith("provider 'aws' is not installed. ")


def test_two(site: Path) -> None:
    distribution(site, "glacier-local", "local = glacier.local:LocalExecutor")
    distribution(site, "ice-cube", "local = cube:Executor")

    text = refused("local")
    assert installed(GROUP) == ["local"]
    assert text.startswith("executor 'local' is offered by more than one distribution: ")
    assert "glacier-local (glacier.local:LocalExecutor)" in text
    assert "ice-cube (cube:Executor)" in text
    assert text.endswith(
        (
            "Keep one: python -m pip uninstall ice-cube.",
            "Keep one: python -m pip uninstall glacier-local.",
        )
    )


def test_one_distribution_found_twice_is_one(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    distribution(site, "glacier-fog", "fog = fog:FogExecutor")
    distribution(tmp_path / "older", "Glacier_Fog", "fog = other:FogExecutor")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "older")])
    module(site, "fog", "class FogExecutor: ...")

    assert load(GROUP, "fog").__module__ == "fog"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import not_there", "ModuleNotFoundError: No module named 'not_there'"),
        ("raise RuntimeError('no driver')", "RuntimeError: no driver"),
        ("", "AttributeError: module 'fog' has no attribute 'FogExecutor'"),
    ],
)
def test_one_that_fails_to_import(site: Path, text: str, said: str) -> None:
    distribution(site, "glacier-fog", "fog = fog:FogExecutor")
    module(site, "fog", text)

    with pytest.raises(ExtensionError) as caught:
        load(GROUP, "fog")

    assert str(caught.value) == (
        "executor 'fog' (fog:FogExecutor, of glacier-fog) is installed but cannot be imported: "
        f"{said}. Reinstall it: python -m pip install --force-reinstall glacier-fog."
    )
    assert f"{type(caught.value.__cause__).__name__}: {caught.value.__cause__}" == said
