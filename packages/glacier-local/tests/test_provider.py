"""The provider of this machine keeps the contract, and what it makes really works."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, List, Mapping

import pytest

from glacier.core import Dataset, Environment, Pipeline, Provider
from glacier.core.testing import ProviderContract
from glacier.local import LocalExecutor, LocalProvider, NoHandler


class TestLocalProvider(ProviderContract):
    declaration = "from glacier.local import LocalProvider; provider = LocalProvider()"
    sdks = ("pulumi", "cloudpickle")
    gaps: ClassVar[Mapping[str, str]] = {
        "test_in_a_users_own_program_calls_register_at_once": "a path is no resource of Pulumi",
        "test_outside_a_program_resources_are_only_declared": "folders and files need no program",
        "test_what_two_environments_have_is_called_differently": "no name is given to a cloud",
        "test_names_that_no_cloud_takes_become_ones_that_it_does": "no name is given to a cloud",
        "test_an_unknown_option_of_the_provider_names_the_nearest": "a folder has no options",
        "test_what_cannot_be_real_is_synthesised_and_not_deployed": "any folder can be",
        "test_a_native_resource_is_taken_for_a_storage": "a path is no resource of Pulumi",
    }

    def make_provider(self) -> Provider:
        return LocalProvider()


def test_a_pipeline_runs_with_all_of_an_environment(tmp_path: Path) -> None:
    env = Environment(LocalProvider(tmp_path), "dev", params={"count": 3})
    lake, shop = env.object_storage("lake"), env.database("shop")
    pipeline, raw = Pipeline("etl"), Dataset("raw")
    clean = Dataset("clean", storage=shop)
    env.bind({raw: lake})

    @pipeline.task
    def extract(count: int) -> raw:
        return [{"n": n} for n in range(count)]

    @pipeline.task
    def tidy(rows: raw) -> clean:
        return rows

    run = LocalExecutor(root=tmp_path).execute(env.bound(pipeline))
    assert run["clean"] == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert sorted(path.name for path in lake.native.iterdir())
    assert (lake.native / "etl" / "raw").is_dir()
    assert shop.native.is_file()


def test_a_secret_is_an_environment_variable() -> None:
    env = Environment(LocalProvider())
    assert env.secret("crm-key").native == "GLACIER_SECRET_CRM_KEY"
    assert env.schedule("nightly", cron="0 6 * * *").native is None


@pytest.mark.parametrize("is_folder", [True, False])
def test_a_function_is_the_python_function(tmp_path: Path, is_folder: bool) -> None:
    file = tmp_path / "index.py"
    file.write_text("import os\ndef handler(event):\n    return event, os.environ['WHERE']\n")
    env, code = Environment(LocalProvider()), tmp_path if is_folder else file
    made = env.serverless(
        "call",
        handler="index.handler",
        code=code,
        env={"WHERE": "here"},
        timeout=timedelta(minutes=1),
    )
    assert made.native({"a": 1}) == ({"a": 1}, "here")
    assert "WHERE" not in os.environ


@pytest.mark.parametrize(
    ("code", "handler", "told"),
    [
        (..., "index.handler", "still to come"),
        ("nowhere", "index.handler", "no file index.py"),
        ("", "index.missing", "no function 'missing'"),
        ("", "other.handler", "no file other.py"),
    ],
)
def test_a_function_that_is_not_there_says_what_is_missing(
    tmp_path: Path, code: Any, handler: str, told: str
) -> None:
    (tmp_path / "index.py").write_text("handler = print\n")
    where = tmp_path / code if isinstance(code, str) else code
    made = Environment(LocalProvider()).serverless("call", handler=handler, code=where)
    with pytest.raises(NoHandler, match=told):
        made.native()


def test_a_synthesis_tells_what_is_where(tmp_path: Path) -> None:
    env = Environment(LocalProvider("data"), "dev", tags={"team": "a"})
    env.secret("key")
    pipeline, raw = Pipeline("etl"), Dataset("raw", storage=env.object_storage("lake"))

    @pipeline.task
    def extract() -> raw:
        return [1]

    found = env.synth(pipeline)
    told: List[Any] = [(row.type, row.name, row.properties) for row in found.resources]
    for _, _, properties in told:
        tags = properties["tags"]
        assert (tags["environment"], tags["team"]) == ("dev", "a")
    assert [(kind, name) for kind, name, _ in told] == [
        ("glacier:local:Folder", "dev-lake"),
        ("glacier:local:Secret", "dev-key"),
    ]
    assert told[0][2]["path"] == "data/storage/lake"
    assert found.warnings == ()
