"""Pipelines in a deployment, for a provider that can run them, in no cloud's words."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Dict, List, Mapping, Sequence

import pytest
from cloud_provider import CloudProvider
from stand_in.cloud import Cloud

from glacier.core import Dataset, Environment, Pipeline, Schedule
from glacier.core.contracts.pipelines import Packing, PipelineParts
from glacier.core.contracts.providers import Site
from glacier.core.deploy import Asked, Deployment, operate_on_file
from glacier.core.errors import CannotDeploy, InvalidOption
from glacier.core.registration import Wish, fingerprint_of, wish_of
from glacier.core.synth import synth_file

FILE = """
from glacier.core import Dataset, Environment, Pipeline, Schedule
from test_registration import RunningProvider

env = Environment(RunningProvider(), name="prod")
env.schedule("nightly", cron="0 2 * * *")
pipeline = Pipeline("etl")
raw = Dataset("raw", storage=env.object_storage("lake"))


@pipeline.task
def extract() -> raw:
    return [1]


env.deploy(pipeline, schedule=Schedule(cron="@weekly"), options={"size": 3})
"""


class RunningProvider(CloudProvider):
    """Registers one runner for a pipeline; ``objects`` is what it has against all of them."""

    seen: ClassVar[List[PipelineParts]] = []
    objects: ClassVar[Sequence[str]] = ()

    def packing(self, options: Mapping[str, Any], *, where: str) -> Packing:
        return Packing("the cloud", "3.12", "x86_64", 1000, 100, ["glacier-cloud"])

    def objections(self, parts: PipelineParts) -> Sequence[str]:
        return type(self).objects

    def register_pipeline(self, parts: PipelineParts, site: Site) -> Any:
        import pulumi

        self.seen.append(parts)
        whole = pulumi.ComponentResource("glacier:cloud:Pipeline", site.label(parts.name))
        options = pulumi.ResourceOptions(parent=whole, retain_on_delete=not site.deletes_data)
        code = "" if parts.code is None else parts.code.sha256
        pulumi.CustomResource("cloud:index:Runner", site.label(parts.name), {"code": code}, options)
        whole.told = {"runner": site.label(parts.name)}  # type: ignore[attr-defined]
        return whole


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch, engine: Cloud) -> List[PipelineParts]:
    """What the provider is asked to register; nothing is looked for in an index."""
    from glacier.core import bundle

    def make_bundle(**given: Any) -> bundle.Bundle:
        missing = (bundle.Missing("pandas", "flow.py", 2),)
        return bundle.Bundle("code.zip", "abc", 2_000_000, 9_000_000, (), (), missing)

    monkeypatch.setattr(bundle, "make_bundle", make_bundle)
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    import test_registration

    provider: Any = test_registration.RunningProvider
    monkeypatch.setattr(provider, "seen", [])
    monkeypatch.setattr(provider, "objects", ())
    Path("flow.py").write_text(FILE)
    found: List[PipelineParts] = provider.seen
    return found


def operate(operation: str, **more: Any) -> Deployment:
    done: Deployment = operate_on_file("flow.py", None, Asked(operation, **more))
    return done


def test_a_synthesis_shows_what_would_be_there_and_packs_nothing(
    seen: List[PipelineParts],
) -> None:
    told = synth_file("flow.py")
    assert ("cloud:index:Runner", "prod-etl") in [(row.type, row.name) for row in told.resources]
    parts = seen[-1]
    assert (parts.code, parts.fingerprint, parts.options) == (None, "", {"size": 3})
    assert [task.name for task in parts.tasks] == ["extract"]
    assert list(parts.natives) == ["raw"]
    assert {name: one.cron for name, one in parts.schedules.items()} == {
        "nightly": "0 2 * * *",
        "schedule": "@weekly",
    }


def test_a_deployment_packs_the_code_and_tells_of_it(
    seen: List[PipelineParts], engine: Cloud
) -> None:
    done = operate("deploy")
    code = seen[-1].code
    assert code is not None
    assert (code.sha256, len(seen[-1].fingerprint)) == ("abc", 64)
    assert done.outputs["pipeline/runner"].value == "prod-etl"
    assert done.remarks == (
        "the code of all tasks: 2.0 MB, unzipped 9.0 MB",
        "flow.py:2 imports 'pandas', which is not there and in no requirement",
    )
    assert "unzipped 9.0 MB" in str(done)
    assert done.to_json()["remarks"] == list(done.remarks)
    assert operate("preview").steps == ()


def test_what_was_asked_for_goes_before_what_the_file_says(seen: List[PipelineParts]) -> None:
    operate("deploy", wish=Wish(Schedule(cron="@daily")))
    assert seen[-1].schedules["schedule"].cron == "@daily"
    assert seen[-1].options == {}


def test_objections_are_warnings_in_a_synthesis_and_refused_by_a_deployment(
    seen: List[PipelineParts], engine: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    import test_registration

    monkeypatch.setattr(test_registration.RunningProvider, "objects", ["it is too blue"])
    assert "it is too blue" in synth_file("flow.py").warnings
    with pytest.raises(CannotDeploy, match="it is too blue"):
        operate("deploy")
    assert seen == []
    assert engine.ids("cloud:index:Bucket") == []


def test_a_schedule_needs_a_value_for_each_parameter(
    seen: List[PipelineParts], engine: Cloud
) -> None:
    asks = FILE.replace("def extract()", "def extract(limit: int)")
    Path("flow.py").write_text(asks)
    told = r"schedule \('nightly', 'schedule'\) starts runs without parameters: .*'limit'"
    with pytest.raises(CannotDeploy, match=told):
        operate("deploy")
    assert engine.ids("cloud:index:Bucket") == []
    Path("flow.py").write_text(asks.replace('name="prod")', 'name="prod", params={"limit": 3})'))
    operate("deploy")
    Path("flow.py").write_text(asks.replace("limit: int", "limit: int = 3"))
    operate("deploy")
    assert seen[-1].schedules.keys() == {"nightly", "schedule"}


def test_what_holds_data_is_deleted_when_that_is_asked_without_packing(
    seen: List[PipelineParts], engine: Cloud
) -> None:
    operate("deploy")
    assert [one.partition(" ")[0] for one in operate("destroy").kept] == [
        "cloud:index:Bucket",
        "cloud:index:Runner",
    ]
    assert operate("destroy", deletes_data=True).kept == ()
    assert seen[-1].code is None
    assert engine.ids("cloud:index:Runner") == []


def test_resources_alone_are_deployed_where_tasks_do_not_run(
    seen: List[PipelineParts], engine: Cloud
) -> None:
    text = FILE.replace("from test_registration import Running", "from cloud_provider import Cloud")
    Path("flow.py").write_text(text.replace("RunningProvider", "CloudProvider"))
    done = operate("deploy")
    assert done.remarks == ("resources alone: tasks do not run in cloud yet",)
    assert seen == []


def test_what_is_said_of_a_pipeline_is_checked() -> None:
    env = Environment(CloudProvider(), "prod")
    nightly = env.schedule("nightly", cron="@daily")
    assert wish_of(nightly, None, where="here") == Wish()
    for schedule in ("0 6 * * *", env.object_storage("lake")):
        with pytest.raises(InvalidOption, match="Give Schedule"):
            wish_of(schedule, None, where="here")
    with pytest.raises(InvalidOption, match="options"):
        wish_of(None, ["size"], where="here")


def test_the_fingerprint_is_another_one_for_other_code_grants_and_formats() -> None:
    def made(result: int, **more: Any) -> str:
        env, pipeline = Environment(CloudProvider(), "prod"), Pipeline("etl")
        raw = Dataset("raw", **more)

        @pipeline.task
        def extract() -> raw:
            return [result]

        return fingerprint_of(env, pipeline)

    same: Dict[str, Any] = {"format": "json"}
    assert made(1, **same) == made(1, **same)
    others = [made(2, **same), made(1, format="pickle"), made(1)]
    assert len({made(1, **same), *others}) == 4
