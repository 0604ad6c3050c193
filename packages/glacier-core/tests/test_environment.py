"""Environments: what is declared, what is refused, and what a pipeline takes from one."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, Callable

import pytest
from small_provider import SmallProvider

from glacier.core import Database, Dataset, Environment, External, ObjectStorage, Pipeline
from glacier.core.errors import (
    DuplicateResource,
    ForeignResource,
    InvalidName,
    InvalidOption,
    MissingParameter,
    NotAPipeline,
    NotAProvider,
    NotRegistered,
    UnknownName,
    UnknownOption,
)
from glacier.core.programs import Session, in_program, opened
from glacier.core.storage.folders import FolderPlaces, NotBound
from glacier.core.testing import InlineExecutor


class Remote(SmallProvider):
    """One whose resources exist in a Pulumi program alone."""

    kind = "remote"
    needs_program = True


def environment(name: str = "dev", **more: Any) -> Environment:
    return Environment(SmallProvider(), name, **more)


def test_what_is_declared_is_frozen_and_belongs_to_its_environment() -> None:
    env = environment()
    lake = env.object_storage("lake", versioning=True, lifecycle_days=30, options={"a": 1})
    assert (lake.name, lake.kind, lake.environment) == ("lake", "object_storage", env)
    assert lake.spec.options == {"a": 1}
    assert list(env.resources) == ["object_storage/lake"]
    with pytest.raises(AttributeError):
        lake.spec.name = "other"  # type: ignore[misc]  # a mistake
    with pytest.raises(TypeError):
        lake.spec.options["a"] = 2  # type: ignore[index]  # a mistake


def test_outside_a_program_nothing_is_registered() -> None:
    provider = Remote()
    lake = Environment(provider).object_storage("lake")
    assert not in_program()
    assert provider.registered == []
    with pytest.raises(NotRegistered, match=f"object_storage.*{Path(__file__).name}"):
        _ = lake.native


def test_a_provider_that_needs_no_program_registers_when_it_is_asked() -> None:
    env = environment()
    lake = env.object_storage("Lake")
    assert env.provider.registered == []  # type: ignore[attr-defined]  # of the small one
    assert lake.native == lake.native == "native lake"
    assert len(env.provider.registered) == 1  # type: ignore[attr-defined]  # of the small one


def test_in_a_session_what_is_wanted_is_registered_at_once() -> None:
    with opened(Session("etl", environment="dev")) as session:
        environment().object_storage("Lake")
        environment("prod").object_storage("lake")
    assert [row.name for row in session.told] == ["dev-Lake"]
    assert session.names == [("object_storage", "Lake", "lake")]
    assert [env.name for env in session.environments] == ["dev", "prod"]


def test_tags_are_glaciers_and_the_users() -> None:
    env = environment(tags={"team": "data", "environment": "mine"})
    _ = env.secret("key").native
    expected = {"environment": "mine", "managed-by": "glacier", "team": "data"}
    assert env.provider.tags == expected  # type: ignore[attr-defined]  # of the small one


@pytest.mark.parametrize(
    ("declare", "told"),
    [
        (lambda env: env.object_storage("lake", versionning=True), "Did you mean 'versioning'"),
        (lambda env: env.database("shop", engin="postgres"), "Did you mean 'engine'"),
        (lambda env: env.secret("key", value="s3cret"), "no option 'value'"),
    ],
)
def test_an_unknown_option_names_the_nearest(
    declare: Callable[[Environment], object], told: str
) -> None:
    with pytest.raises(UnknownOption, match=told) as caught:
        declare(environment())
    assert Path(__file__).name in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "declare",
    [
        lambda env: env.object_storage("lake", versioning="yes"),
        lambda env: env.object_storage("lake", encryption=True),
        lambda env: env.object_storage("lake", lifecycle_days=0),
        lambda env: env.object_storage("lake", options=["a"]),
        lambda env: env.object_storage("lake", options={1: 2}),
        lambda env: env.serverless("f", handler="main", code=...),
        lambda env: env.serverless("f", handler=3, code=...),
        lambda env: env.serverless("f", handler="a.b", code=3),
        lambda env: env.serverless("f", handler="a.b", code=..., memory=0),
        lambda env: env.serverless("f", handler="a.b", code=..., timeout=0),
        lambda env: env.serverless("f", handler="a.b", code=..., timeout="1"),
        lambda env: env.serverless("f", handler="a.b", code=..., env={"A": 1}),
        lambda env: env.database("shop", "oracle"),
        lambda env: env.database("shop", size=""),
        lambda env: env.schedule("nightly", cron="6 am"),
        lambda env: env.schedule("nightly", cron="0 6 * * *", timezone=1),
        lambda env: env.bind({3: None}),
        lambda env: env.bind([]),
        lambda env: Environment(SmallProvider(), tags={"a": 1}),
        lambda env: Environment(SmallProvider(), params=[1]),
        lambda env: Dataset("raw", storage=env),
        lambda env: Dataset("raw", storage=SmallProvider()),
        lambda env: Dataset("raw", storage=env.secret("key")),
    ],
)
def test_what_has_no_meaning_is_refused_where_it_stands(
    declare: Callable[[Environment], object],
) -> None:
    with pytest.raises(InvalidOption, match=Path(__file__).name):
        declare(environment())


@pytest.mark.parametrize("found", ["aws", None, SmallProvider, environment()])
def test_what_is_no_provider_is_refused(found: Any) -> None:
    with pytest.raises(NotAProvider, match="provider= is"):
        Environment(found)


def test_an_environment_given_for_a_storage_says_how_to_get_one() -> None:
    with pytest.raises(InvalidOption, match=r"env\.object_storage\('name'\)"):
        Dataset("raw", storage=environment())  # type: ignore[arg-type]  # a mistake
    with pytest.raises(InvalidOption, match="Make an environment with it"):
        Dataset("raw", storage=SmallProvider())  # type: ignore[arg-type]  # a mistake


@pytest.mark.parametrize("name", ["", "a/b", ".."])
def test_a_name_is_never_a_path(name: str) -> None:
    with pytest.raises(InvalidName):
        environment().object_storage(name)
    with pytest.raises(InvalidName):
        environment(name)


def test_the_same_resource_twice_names_both_places() -> None:
    env = environment()
    env.object_storage("data")
    env.database("data")  # of another kind
    with pytest.raises(DuplicateResource) as caught:
        env.object_storage("data")
    assert str(caught.value).count(Path(__file__).name) == 2


def test_a_cell_that_runs_again_replaces_what_it_declared() -> None:
    env = environment()
    for _ in range(2):
        names = {"env": env, "__name__": "notebook"}
        exec(compile("lake = env.object_storage('lake')", "cell", "exec"), names)
    assert env.resources["object_storage/lake"] is names["lake"]


def test_several_environments_know_nothing_of_each_other() -> None:
    dev, prod = environment("dev"), environment("prod")
    assert dev.object_storage("lake") is not prod.object_storage("lake")
    with pytest.raises(ForeignResource, match="belongs to environment 'prod', not to 'dev'"):
        dev.bind({"raw": prod.resources["object_storage/lake"]})


def test_a_dataset_on_a_resource_runs_on_this_machine_as_on_a_plain_one() -> None:
    env = environment()
    assert Dataset("raw", storage=env.object_storage("lake")).storage == ObjectStorage("lake")
    assert Dataset("raw", storage=env.database("shop")).storage == Database("shop")


def test_a_dataset_leaves_its_environment_behind_when_it_is_sent_away() -> None:
    env = environment()
    raw = Dataset("raw", storage=env.object_storage("lake"))
    sent = pickle.loads(pickle.dumps(raw))
    assert (sent.name, sent.storage, sent.resource) == ("raw", ObjectStorage("lake"), None)
    alone = pickle.loads(pickle.dumps(env.serverless("f", handler="a.b", code="x", env={"A": "b"})))
    assert (alone.name, alone.environment, alone.spec.env) == ("f", None, {"A": "b"})


# --- pipelines ------------------------------------------------------------------------------------


def flow() -> Pipeline:
    pipeline, raw = Pipeline("etl"), Dataset("raw", storage=ObjectStorage("default"))

    @pipeline.task
    def extract(day: str, factor: int = 1) -> raw:
        return [day] * factor

    return pipeline


def test_bindings_move_datasets_in_one_environment_alone() -> None:
    pipeline, dev, prod = flow(), environment("dev"), environment("prod")
    (raw,) = pipeline.graph().datasets.values()
    dev.bind({raw: dev.object_storage("lake")})
    prod.bind({"raw": None})
    names = {"day": "1"}
    whole = [env.bound(pipeline).prepare(params=names).whole for env in (dev, prod)]
    kept = [None if one is None else one.datasets["raw"].storage for one in whole]
    assert kept == [ObjectStorage("lake"), None]
    assert raw.storage == ObjectStorage("default")


def test_a_binding_must_suit_the_dataset() -> None:
    env, raw = environment(), Dataset("raw", retain=3)
    env.bind({raw: External("a.csv")})
    with pytest.raises(InvalidOption, match="retain"):
        env.placed(raw)


def test_parameters_of_an_environment_are_defaults() -> None:
    pipeline, raw = Pipeline("etl"), Dataset("raw")

    @pipeline.task
    def extract(day: str, factor: int = 1) -> raw:
        return [day] * factor

    env = environment(params={"day": "mon", "extract.factor": 2, "unknown": 1})
    bound, executor = env.bound(pipeline), InlineExecutor()
    assert executor.execute(bound)["raw"] == ["mon", "mon"]
    assert executor.execute(bound, params={"day": "tue"})["raw"] == ["tue", "tue"]
    assert executor.execute(bound, params={"factor": 1})["raw"] == ["mon"]
    with pytest.raises(MissingParameter):
        executor.execute(environment().bound(pipeline))


def test_a_dataset_of_another_environment_must_be_bound() -> None:
    dev, prod = environment("dev"), environment("prod")
    pipeline, raw = Pipeline("etl"), Dataset("raw", storage=dev.object_storage("lake"))

    @pipeline.task
    def extract() -> raw:
        return [1]

    with pytest.raises(ForeignResource, match=r"raw.*prod.*bind"):
        prod.bound(pipeline).prepare()
    prod.bind({raw: prod.object_storage("lake")})
    assert prod.bound(pipeline).prepare().whole is not None


@pytest.mark.parametrize("found", [None, "flow.py", Dataset("raw")])
def test_only_a_pipeline_is_bound_and_synthesised(found: Any) -> None:
    for call in (environment().bound, environment().synth):
        with pytest.raises(NotAPipeline):
            call(found)


# --- addresses ------------------------------------------------------------------------------------


class Declared(InlineExecutor):
    """Keeps what is stored where it is declared to be."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root

    def places(self) -> FolderPlaces:
        return FolderPlaces(str(self.root), declared=True)


def kept(env: Environment) -> Pipeline:
    """Two datasets on storages of an environment."""
    pipeline = Pipeline("etl")
    raw = Dataset("raw", storage=env.object_storage("lake"))
    clean = Dataset("clean", storage=env.object_storage("house"))

    @pipeline.task
    def extract() -> raw:  # type: ignore[valid-type]  # a dataset
        return [1, 2]

    @pipeline.task
    def tidy(rows: raw) -> clean:  # type: ignore[valid-type]  # a dataset
        return rows

    return pipeline


def test_a_run_keeps_datasets_at_the_addresses_that_it_is_given(tmp_path: Path) -> None:
    env = environment()
    pipeline = kept(env)
    addresses = {f"object_storage/{name}": (tmp_path / name).as_uri() for name in ("lake", "house")}
    bound = env.bound(pipeline, addresses=addresses)

    assert Declared(tmp_path / "root").execute(bound)["clean"] == [1, 2]

    assert (tmp_path / "lake" / "etl" / "raw" / "_" / "latest.json").is_file()
    assert (tmp_path / "house" / "etl" / "clean" / "_" / "latest.json").is_file()
    assert not (tmp_path / "root" / "storage").exists()


def test_a_storage_without_an_address_is_told_and_how_to_give_it_one(tmp_path: Path) -> None:
    env = environment()
    addresses = {"object_storage/lake": (tmp_path / "lake").as_uri()}
    pipeline = kept(env)
    with pytest.raises(NotBound, match=r"'object_storage/house' in env\.bound\(pipeline, addr"):
        Declared(tmp_path / "root").execute(env.bound(pipeline, addresses=addresses))


def test_addresses_of_what_is_not_there_and_what_is_no_address_are_refused() -> None:
    env = environment()
    pipeline = kept(env)
    env.database("shop")
    with pytest.raises(UnknownName, match=r"'object_storage/lak'.*Did you mean.*storage/lake'"):
        env.bound(pipeline, addresses={"object_storage/lak": "s3://lake"})
    with pytest.raises(UnknownName, match="'database/shop'"):
        env.bound(pipeline, addresses={"database/shop": "postgresql://host/shop"})
    for wrong in ({"object_storage/lake": None}, {"object_storage/lake": "lake"}, {1: "s3://a"}):
        with pytest.raises(InvalidOption):
            env.bound(pipeline, addresses=wrong)  # type: ignore[arg-type]  # a mistake
    with pytest.raises(InvalidOption, match="addresses="):
        env.bound(pipeline, addresses=["s3://a"])  # type: ignore[arg-type]  # a mistake


def test_a_local_run_looks_at_no_address(tmp_path: Path) -> None:
    env = environment()
    bound = env.bound(kept(env), addresses={"object_storage/lake": "s3://no-such-bucket"})
    assert InlineExecutor().execute(bound)["clean"] == [1, 2]
