"""Stores at s3:// addresses: who asks, where, and what pipelines keep there."""

from __future__ import annotations

import json
import os
import pickle
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pytest

from glacier.aws.runtime import open_store
from glacier.aws.runtime.settings import NoCredentials, Settings, settings_of
from glacier.core import Dataset, External, ObjectStorage, Pipeline
from glacier.core.errors import (
    GlacierError,
    KeyMissing,
    MissingExternal,
    StoreDenied,
    StoreError,
    StoreGone,
    UnreachableExternal,
)
from glacier.core.external import read_external, resolve
from glacier.core.protocols import FolderPlaces, NotBound, ObjectStore
from glacier.core.stores.addresses import open_store as open_any
from glacier.core.testing import InlineExecutor

if TYPE_CHECKING:
    from s3_server import Server

KEYS = {"AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "h1dden"}


@pytest.fixture
def bucket(s3: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty bucket, where all that asks AWS for something asks moto."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    return s3.bucket()


# --- who asks, and where --------------------------------------------------------------------------


@pytest.fixture
def profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Writes the files of AWS's tools."""

    def write(*, config: str = "", credentials: str = "", profile: str = "") -> None:
        (tmp_path / "aws" / "config").write_text(config)
        (tmp_path / "aws" / "credentials").write_text(credentials)
        if profile:
            monkeypatch.setenv("AWS_PROFILE", profile)

    return write


FILES = {
    "config": """
[default]
region = eu-north-1
[profile crm]
region = eu-west-1
aws_access_key_id = AKIACRM
aws_secret_access_key = c%rm
[profile sso]
sso_session = company
[profile role]
role_arn = arn:aws:iam::123456789012:role/reader
source_profile = crm
""",
    "credentials": """
[default]
aws_access_key_id = AKIADEFAULT
aws_secret_access_key = d3fault
aws_session_token = t0ken
""",
}


def test_the_environment_says_who_asks_and_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://all.example")
    for name, value in {**KEYS, "AWS_SESSION_TOKEN": "t"}.items():
        monkeypatch.setenv(name, value)

    found = settings_of("s3://lake")
    assert found == Settings("eu-west-2", "https://all.example", "AKIATEST", "h1dden", "t")
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://s3.example")
    found = settings_of("s3://lake")
    assert (found.region, found.endpoint) == ("eu-west-3", "https://s3.example")
    found = settings_of("s3://lake", region="us-west-1", endpoint="https://mine.example")
    assert (found.region, found.endpoint) == ("us-west-1", "https://mine.example")
    assert "h1dden" not in repr(found)


def test_a_profile_says_who_asks(profiles: Callable[..., None]) -> None:
    profiles(**FILES)
    assert settings_of("s3://lake") == Settings(
        "eu-north-1", None, "AKIADEFAULT", "d3fault", "t0ken"
    )
    profiles(**FILES, profile="crm")
    assert settings_of("s3://lake") == Settings("eu-west-1", None, "AKIACRM", "c%rm")
    profiles(**FILES, profile="role")
    with pytest.raises(
        StoreError, match=r"by role_arn, .*export-credentials --format env --profile"
    ):
        settings_of("s3://lake")
    profiles(**FILES, profile="sso")
    with pytest.raises(StoreError, match="profile 'sso' says who asks by sso_session"):
        settings_of("s3://lake")
    profiles(**FILES, profile="smr")
    with pytest.raises(StoreError, match="AWS_PROFILE names 'smr'"):
        settings_of("s3://lake")


def test_a_file_that_is_none_of_theirs_is_named_and_not_quoted(
    profiles: Callable[..., None],
) -> None:
    profiles(credentials="aws_secret_access_key = h1dden")
    with pytest.raises(StoreError, match="credentials cannot be read") as caught:
        settings_of("s3://lake")
    assert "h1dden" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_who_asks_may_be_told_where_the_process_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/1")
    assert settings_of("s3://lake") == Settings()
    monkeypatch.delenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    with socket.create_server(("127.0.0.1", 0)) as metadata:
        endpoint = f"http://127.0.0.1:{metadata.getsockname()[1]}"
        monkeypatch.setenv("AWS_METADATA_ENDPOINT", endpoint)
        assert settings_of("s3://lake") == Settings(metadata=endpoint)
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(NoCredentials):
        settings_of("s3://lake")


def test_without_credentials_it_is_said_how_to_give_some(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in KEYS:
        monkeypatch.delenv(name)
    store = open_store(f"s3://{bucket}/etl")
    with pytest.raises(NoCredentials, match="Set AWS_ACCESS_KEY_ID and") as caught:
        store.get("a")
    assert "AWS_SKIP_SIGNATURE=true" in str(caught.value)
    with pytest.raises(UnreachableExternal, match="there are no credentials for AWS"):
        resolve(f"s3://{bucket}/a.json")


def test_a_bucket_that_is_open_to_everybody_is_read_unsigned(
    bucket: str, s3: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_store(f"s3://{bucket}/etl").put("a.json", b"[1]")
    anybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    allowed = {**anybody, "Resource": f"arn:aws:s3:::{bucket}/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    s3.ask(f"/{bucket}?policy", method="PUT", data=policy.encode())
    for name in KEYS:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")

    assert open_store(f"s3://{bucket}/etl").get("a.json") == b"[1]"


# --- stores ---------------------------------------------------------------------------------------


def test_the_scheme_is_served_by_this_package(bucket: str) -> None:
    store = open_any(f"s3://{bucket}/etl/")
    assert isinstance(store, ObjectStore)
    assert repr(store) == f"ObjectStore('s3://{bucket}/etl')"

    store.put("a", b"1", if_absent=True)

    assert open_any(f"s3a://{bucket}").get("etl/a") == b"1"
    assert pickle.loads(pickle.dumps(store)).get("a") == b"1"
    assert b"h1dden" not in pickle.dumps(store)
    with pytest.raises(KeyMissing, match=f"s3://{bucket}/etl/b: there is nothing"):
        store.get("b")


@pytest.mark.parametrize("address", ["s3://", "s3:///x", "s3://me:pass@lake/x"])
def test_an_address_without_a_bucket_is_refused(address: str) -> None:
    with pytest.raises(StoreError, match="it names no bucket"):
        open_store(address)


FRESH = """if True:
    import sys
    from glacier.aws.runtime import open_store
    store = open_store(sys.argv[1])
    store.put("from/another", b"1")
    loaded = [name for name in sys.modules if name.split(".")[0] in
              ("boto3", "botocore", "grpc", "pulumi", "pulumi_aws")]
    ours = [name for name in sys.modules if name.startswith("glacier.aws.")
            and not name.startswith(("glacier.aws.runtime", "glacier.aws._version"))]
    print(loaded + ours)
"""


def test_a_task_loads_nothing_of_pulumi_nor_of_an_sdk(bucket: str) -> None:
    command = [sys.executable, "-W", "error", "-c", FRESH, f"s3://{bucket}/etl"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    assert done.stdout.decode().strip() == "[]"
    assert open_store(f"s3://{bucket}/etl").get("from/another") == b"1"


# --- pipelines ------------------------------------------------------------------------------------


class Declared(InlineExecutor):
    """Keeps what is stored where it is declared to be."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root

    def places(self) -> FolderPlaces:
        return FolderPlaces(str(self.root), declared=True)


def shop(url: str | None, landing: str) -> Pipeline:
    """Reads orders of somebody else, and keeps them, and a report."""
    pipeline = Pipeline("shop")
    lake = ObjectStorage("lake", url=url)
    landed = Dataset("landed", storage=External(landing))
    orders = Dataset("orders", storage=lake)
    report = Dataset("report", storage=lake, format="json")

    @pipeline.task
    def keep(rows: Annotated[list[Any], landed]) -> orders:
        return [row for row in rows if row["price"] > 0]

    @pipeline.task
    def tell(rows: orders) -> report:  # type: ignore[valid-type]
        return {"sum": sum(row["price"] for row in rows)}  # type: ignore[attr-defined]

    return pipeline


def test_datasets_live_in_buckets_and_are_read_from_them(bucket: str, tmp_path: Path) -> None:
    landing = open_store(f"s3://{bucket}/landing")
    landing.put("1.json", json.dumps([{"price": 2}, {"price": 0}]).encode())
    landing.put("2.json", json.dumps([{"price": 3}]).encode())
    pipeline = shop(f"s3://{bucket}/etl/", f"s3://{bucket}/landing/*.json")

    run = Declared(tmp_path / "one").execute(pipeline)

    assert run["report"] == {"sum": 5}
    keys = [entry.key for entry in open_store(f"s3://{bucket}/etl").list()]
    assert f"shop/report/_/{run.run_id}/version.json" in keys
    assert "shop/orders/_/latest.json" in keys
    assert sorted(tmp_path.rglob("*.json")) == sorted(
        (tmp_path / "one" / "workspace").rglob("*.json")
    )
    # Another machine goes on where this one has stopped.
    again = Declared(tmp_path / "two").execute(pipeline, select="tell")
    assert again["report"] == {"sum": 5}


def test_a_local_run_touches_no_cloud(bucket: str, tmp_path: Path) -> None:
    (tmp_path / "1.json").write_text('[{"price": 4}]')
    pipeline = shop(f"s3://{bucket}/etl", str(tmp_path / "1.json"))
    local = pytest.importorskip("glacier.local")

    assert local.LocalExecutor(root=tmp_path / "root").execute(pipeline)["report"] == {"sum": 4}

    assert list(open_store(f"s3://{bucket}").list()) == []
    assert (tmp_path / "root" / "storage" / "lake").is_dir()


@pytest.mark.parametrize("how", ["threads", "processes", "as_deployed"])
def test_workers_read_and_write_there(bucket: str, tmp_path: Path, how: str) -> None:
    local = pytest.importorskip("glacier.local")
    (tmp_path / "1.json").write_text('[{"price": 4}]')
    pipeline = shop(f"s3://{bucket}/etl", str(tmp_path / "1.json"))
    options = {} if how == "threads" else {how: True}
    executor = local.LocalExecutor(2, storage="declared", root=tmp_path / "root", **options)

    assert executor.execute(pipeline)["report"] == {"sum": 4}
    assert not (tmp_path / "root" / "storage").exists()


def test_what_cannot_be_used_is_told_before_a_task_runs(
    bucket: str, tmp_path: Path, s3: Server
) -> None:
    (tmp_path / "1.json").write_text('[{"price": 4}]')

    def refused(url: str | None, error: type[GlacierError], told: str) -> None:
        ran = shop(url, str(tmp_path / "1.json"))
        with pytest.raises(error, match=told):
            Declared(tmp_path / "root").execute(ran)

    refused(None, NotBound, r"ObjectStorage\('lake', url='s3://company-lake/etl'\)")
    refused("s3://no-such-bucket/etl", StoreGone, "there is no such bucket or container")
    with s3.guarded():
        refused(f"s3://{bucket}/etl", StoreDenied, r"is not allowed \(403 Forbidden")
    landing = shop(f"s3://{bucket}/etl", f"s3://{bucket}/landing/*.json")
    with pytest.raises(MissingExternal, match="no file matches it"):
        Declared(tmp_path / "root").execute(landing)
    assert [one.key for one in open_store(f"s3://{bucket}").list() if "version" in one.key] == []


def test_folders_that_a_console_shows_are_no_files(bucket: str, s3: Server) -> None:
    open_store(f"s3://{bucket}").put("in/x.json", b"[1]")
    open_store(f"s3://{bucket}").put("in/empty.json", b"")
    for key in ("in/", "in/sub/", "in/full/", "in/full/y.json"):
        s3.ask(f"/{bucket}/{key}", method="PUT", data=b"" if key.endswith("/") else b"[2]")

    def names(pattern: str) -> list[str]:
        return [
            part.place.partition("/in/")[2] for part in resolve(f"s3://{bucket}/in{pattern}").parts
        ]

    assert names("/") == names("") == ["empty.json", "full/y.json", "x.json"]
    assert names("/*") == ["empty.json", "x.json"]
    assert names("/**") == names("/")


def test_external_tables_of_a_bucket_come_as_frames(bucket: str, tmp_path: Path) -> None:
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({"id": [1, 2], "price": [2.5, 0.0]})
    frame.write_parquet(tmp_path / "orders.parquet")
    store = open_store(f"s3://{bucket}")
    store.put("landing/a b.parquet", str(tmp_path / "orders.parquet"))

    source = resolve(f"s3://{bucket}/landing/")

    assert read_external(source, scratch=str(tmp_path), wanted=pl.DataFrame).equals(frame)
    lazy = read_external(source, scratch=str(tmp_path), wanted=pl.LazyFrame)
    assert lazy.select("id").collect()["id"].to_list() == [1, 2]
    assert not os.path.exists(tmp_path / "orders.parquet")
