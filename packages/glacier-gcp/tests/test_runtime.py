"""Stores at gs:// addresses: who asks, where, and what pipelines keep there."""

from __future__ import annotations

import json
import pickle
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from glacier.core import Dataset, External, ObjectStorage, Pipeline
from glacier.core.errors import StoreError, UnreachableExternal
from glacier.core.external import read_external, resolve
from glacier.core.protocols import FolderPlaces, ObjectStore
from glacier.core.stores.addresses import open_store as open_any
from glacier.core.testing import InlineExecutor
from glacier.gcp.runtime import open_store
from glacier.gcp.runtime.settings import NoCredentials, settings_of

if TYPE_CHECKING:
    from gcs_server import Server


@pytest.fixture
def bucket(gcs: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty bucket, where all that asks Google for something asks the loopback."""
    monkeypatch.setenv("GOOGLE_BASE_URL", gcs.endpoint)
    monkeypatch.setenv("GOOGLE_BEARER_TOKEN", "h1dden")
    return gcs.bucket()


# --- who asks, and where --------------------------------------------------------------------------


def test_credentials_are_found_where_googles_tools_find_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NoCredentials, match="gcloud auth application-default login"):
        settings_of("gs://lake")
    with socket.create_server(("127.0.0.1", 0)) as metadata:
        monkeypatch.setenv("GCE_METADATA_HOST", f"127.0.0.1:{metadata.getsockname()[1]}")
        assert settings_of("gs://lake").on_machine
    login = tmp_path / "gcloud" / "application_default_credentials.json"
    login.parent.mkdir()
    login.write_text("{}")
    assert settings_of("gs://lake").login == str(login)
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT_KEY", "h1dden")
    found = settings_of("gs://lake")
    assert found.login is None
    assert "h1dden" not in repr(found)
    monkeypatch.setenv("GOOGLE_SKIP_SIGNATURE", "true")
    assert settings_of("gs://lake").config() == {"skip_signature": True}


def test_an_emulator_asks_nobody(gcs: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", gcs.endpoint.partition("//")[2])
    store = open_store(f"gs://{gcs.bucket()}/etl")

    store.put("a", b"1", if_absent=True)

    assert store.get("a") == b"1"


def test_without_credentials_it_is_said_how_to_give_some() -> None:
    store = open_store("gs://lake/etl")
    with pytest.raises(NoCredentials, match="GOOGLE_SKIP_SIGNATURE=true"):
        store.get("a")
    with pytest.raises(UnreachableExternal, match="there are no credentials for Google Cloud"):
        resolve("gs://lake/a.json")


def test_a_file_that_is_none_of_googles_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key.json").write_text('{"private_key": "h1dden"')
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
    with pytest.raises(StoreError) as caught:
        open_store("gs://lake/etl").get("a")
    assert "h1dden" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("address", ["gs://", "gs:///x", "gs://me:pass@lake/x"])
def test_an_address_without_a_bucket_is_refused(address: str) -> None:
    with pytest.raises(StoreError, match="it names no bucket"):
        open_store(address)


# --- stores and pipelines -------------------------------------------------------------------------


def test_the_scheme_is_served_by_this_package(bucket: str) -> None:
    store = open_any(f"gs://{bucket}/etl/")
    assert isinstance(store, ObjectStore)
    etag = store.put("a", b"1", if_absent=True)

    store.put("a", b"2", if_match=etag)

    assert open_any(f"gcs://{bucket}").get("etl/a") == b"2"
    assert pickle.loads(pickle.dumps(store)).get("a") == b"2"
    assert b"h1dden" not in pickle.dumps(store)


FRESH = """if True:
    import sys
    from glacier.gcp.runtime import open_store
    open_store(sys.argv[1]).put("from/another", b"1")
    loaded = [name for name in sys.modules if name.split(".")[0] in
              ("google", "grpc", "pulumi", "pulumi_gcp")]
    ours = [name for name in sys.modules if name.startswith("glacier.gcp.")
            and not name.startswith(("glacier.gcp.runtime", "glacier.gcp._version"))]
    print(loaded + ours)
"""


def test_a_task_loads_nothing_of_pulumi_nor_of_an_sdk(bucket: str) -> None:
    command = [sys.executable, "-W", "error", "-c", FRESH, f"gs://{bucket}/etl"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    assert done.stdout.decode().strip() == "[]"


class Declared(InlineExecutor):
    """Keeps what is stored where it is declared to be."""

    root = ""

    def places(self) -> FolderPlaces:
        return FolderPlaces(self.root, declared=True)


def test_datasets_live_in_buckets_and_are_read_from_them(bucket: str, tmp_path: Path) -> None:
    open_store(f"gs://{bucket}/in").put("1.json", json.dumps([2, 3]).encode())
    pipeline = Pipeline("shop")
    landed = Dataset("landed", storage=External(f"gs://{bucket}/in/*.json"))
    report = Dataset("report", storage=ObjectStorage("lake", url=f"gs://{bucket}/etl"))

    @pipeline.task
    def tell(rows: landed) -> report:  # type: ignore[valid-type]
        return {"sum": sum(rows)}  # type: ignore[call-overload]

    executor = Declared()
    executor.root = str(tmp_path)
    run = executor.execute(pipeline)

    assert run["report"] == {"sum": 5}
    keys = [entry.key for entry in open_store(f"gs://{bucket}/etl").list()]
    assert f"shop/report/_/{run.run_id}/version.json" in keys
    source = resolve(f"gs://{bucket}/in/")
    assert read_external(source, scratch=str(tmp_path)) == [2, 3]
