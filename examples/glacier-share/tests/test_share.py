"""The provider keeps the contract, and a pipeline runs with what it gives."""

from pathlib import Path
from typing import Annotated, ClassVar, List, Mapping

import pytest
from glacier_share import ShareProvider

from glacier.core import Dataset, Environment, Pipeline, Provider
from glacier.core.errors import InvalidOption
from glacier.core.testing import ProviderContract
from glacier.local import LocalExecutor


class TestShareProvider(ProviderContract):
    declaration = "from glacier_share import ShareProvider; provider = ShareProvider('/mnt/data')"
    sdks = ("pulumi",)
    gaps: ClassVar[Mapping[str, str]] = {
        "test_in_a_users_own_program_calls_register_at_once": "a path is no resource of Pulumi",
        "test_outside_a_program_resources_are_only_declared": "folders need no program",
        "test_a_native_resource_is_taken_for_a_storage": "a path is no resource of Pulumi",
    }

    def make_provider(self) -> Provider:
        return ShareProvider("/mnt/data")

    def make_doubtful(self) -> Provider:
        return ShareProvider("data")


def test_each_environment_has_a_folder_of_its_own() -> None:
    dev, prod = [Environment(ShareProvider("/mnt/data"), name) for name in ("dev", "prod")]
    assert dev.object_storage("lake").native == Path("/mnt/data/dev/lake")
    assert prod.database("shop").native == Path("/mnt/data/prod/databases/shop.db")
    assert prod.schedule("nightly", cron="0 6 * * *").native is None


def test_a_mode_is_one_that_chmod_takes() -> None:
    env = Environment(ShareProvider("/mnt/data"))
    assert env.secret("key", options={"mode": "750"}).native
    with pytest.raises(InvalidOption, match="'750'"):
        _ = env.object_storage("lake", options={"mode": "rwx"}).native


def test_a_pipeline_runs_with_it(tmp_path: Path) -> None:
    env = Environment(ShareProvider("/mnt/data"), params={"count": 2})
    pipeline, raw = Pipeline("etl"), Dataset("raw", storage=env.object_storage("lake"))

    @pipeline.task
    def extract(count: int) -> Annotated[List[int], raw]:
        return list(range(count))

    assert LocalExecutor(root=tmp_path).execute(env.bound(pipeline))["raw"] == [0, 1]
