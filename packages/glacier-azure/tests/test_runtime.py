"""Stores at az:// and abfss:// addresses: who asks, where, and what is kept there."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from glacier.azure.runtime import open_store, settings
from glacier.azure.runtime.settings import NoCredentials, Settings, settings_of
from glacier.core import Dataset, External, ObjectStorage, Pipeline
from glacier.core.errors import StoreError, UnreachableExternal
from glacier.core.external import resolve
from glacier.core.protocols import FolderPlaces, ObjectStore
from glacier.core.stores.addresses import open_store as open_any
from glacier.core.testing import InlineExecutor

if TYPE_CHECKING:
    from azurite_server import Server

HOST = "lakeaccount.dfs.core.windows.net"
CONNECTION = "DefaultEndpointsProtocol=https;AccountName=told;AccountKey=aDFkZGVu==;"


# --- who asks, and where --------------------------------------------------------------------------


def test_a_connection_string_says_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", f"{CONNECTION}EndpointSuffix=x.example")
    found = settings_of("az://lake")
    assert (found.account, found.key) == ("told", "aDFkZGVu==")
    assert found.endpoint == "https://told.blob.x.example"
    assert "aDFkZGVu" not in repr(found)
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", f"{CONNECTION}BlobEndpoint=http://a:1/b/")
    assert settings_of("az://lake").endpoint == "http://a:1/b"
    # It says nothing of another account.
    with pytest.raises(NoCredentials):
        settings_of("abfss://lake@lakeaccount", HOST)


def test_an_address_may_name_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "another")
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "h1dden")
    found = settings_of("abfss://lake@lakeaccount", HOST)
    assert found == Settings("lakeaccount", given=found.given)
    assert settings_of("az://lake").account == "another"
    china = settings_of("abfss://lake", "lakeaccount.dfs.core.chinacloudapi.cn")
    assert china.endpoint == "https://lakeaccount.blob.core.chinacloudapi.cn"
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME")
    with pytest.raises(StoreError, match="no storage account is named"):
        settings_of("az://lake")


def test_who_asks_is_found_where_azures_tools_find_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NoCredentials, match="Run 'az login'"):
        settings_of("abfss://lake", HOST)
    (tmp_path / "az").write_text("#!/bin/sh\n")
    (tmp_path / "az").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert settings_of("abfss://lake", HOST).config()["use_azure_cli"] is True
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:1/token")
    assert settings_of("abfss://lake", HOST).on_machine
    monkeypatch.setenv("AZURE_STORAGE_SAS_TOKEN", "sig=h1dden")
    found = settings_of("abfss://lake", HOST)
    assert (found.on_machine, found.by_az) == (False, False)
    monkeypatch.setenv("AZURE_SKIP_SIGNATURE", "true")
    assert settings_of("abfss://lake", HOST).config()["skip_signature"] is True


def test_without_credentials_it_is_said_how_to_give_some() -> None:
    store = open_store(f"abfss://lake@{HOST}/etl")
    with pytest.raises(NoCredentials, match="AZURE_SKIP_SIGNATURE=true"):
        store.get("a")
    with pytest.raises(UnreachableExternal, match="there are no credentials for Azure"):
        resolve(f"abfss://lake@{HOST}/a.json")


@pytest.mark.parametrize("address", ["az://", "az:///x", "abfss://@account/x"])
def test_an_address_without_a_container_is_refused(address: str) -> None:
    with pytest.raises(StoreError, match="it names no container"):
        open_store(address)


FRESH = """if True:
    import sys
    from glacier.azure.runtime import open_store
    open_store("az://lake/etl")
    loaded = [name for name in sys.modules if name.split(".")[0] in
              ("azure", "grpc", "pulumi", "pulumi_azure_native")]
    ours = [name for name in sys.modules if name.startswith("glacier.azure.")
            and not name.startswith(("glacier.azure.runtime", "glacier.azure._version"))]
    print(loaded + ours)
"""


def test_a_task_loads_nothing_of_pulumi_nor_of_an_sdk() -> None:
    command = [sys.executable, "-W", "error", "-c", FRESH]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    assert done.stdout.decode().strip() == "[]"


# --- stores and pipelines, where Azurite is -------------------------------------------------------


@pytest.fixture
def container(azurite: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty container, where all that asks Azure for something asks Azurite."""
    from azurite_server import ACCOUNT, KEY

    told = f"AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint={azurite.endpoint}/{ACCOUNT};"
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", told)
    return azurite.bucket()


def test_the_scheme_is_served_by_this_package(container: str) -> None:
    store = open_any(f"az://{container}/etl/")
    assert isinstance(store, ObjectStore)
    etag = store.put("a", b"1", if_absent=True)

    store.put("a", b"2", if_match=etag)

    other = open_any(f"abfss://{container}@devstoreaccount1.dfs.core.windows.net")
    assert other.get("etl/a") == b"2"
    assert pickle.loads(pickle.dumps(store)).get("a") == b"2"
    assert [(one.key, one.etag) for one in store.list()] == [("a", store.head("a").etag)]


class Declared(InlineExecutor):
    """Keeps what is stored where it is declared to be."""

    root = ""

    def places(self) -> FolderPlaces:
        return FolderPlaces(self.root, declared=True)


def test_datasets_live_in_containers_and_are_read_from_them(container: str, tmp_path: Path) -> None:
    open_store(f"az://{container}/in").put("1.json", json.dumps([2, 3]).encode())
    pipeline = Pipeline("shop")
    landed = Dataset("landed", storage=External(f"az://{container}/in/*.json"))
    report = Dataset("report", storage=ObjectStorage("lake", url=f"az://{container}/etl"))

    @pipeline.task
    def tell(rows: landed) -> report:  # type: ignore[valid-type]
        return {"sum": sum(rows)}  # type: ignore[call-overload]

    executor = Declared()
    executor.root = str(tmp_path)
    run = executor.execute(pipeline)

    assert run["report"] == {"sum": 5}
    keys = [entry.key for entry in open_store(f"az://{container}/etl").list()]
    assert f"shop/report/_/{run.run_id}/version.json" in keys


@pytest.fixture(autouse=True)
def no_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing leaves the loopback."""
    monkeypatch.setattr(settings, "_METADATA", ("127.0.0.1", 1))
