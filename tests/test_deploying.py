"""The same file is deployed, kept and deleted on each cloud, over the stand-in for the engine."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict
from urllib.parse import quote

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "packages" / "glacier-core" / "tests"))

from stand_in.cloud import Cloud  # noqa: E402
from stand_in.installed import surroundings  # noqa: E402

FILE = """\
import glacier.aws, glacier.azure, glacier.gcp
from glacier.core import Dataset, Environment, Pipeline

env = Environment({provider}, name="prod")
pipeline = Pipeline("orders")
raw = Dataset("raw", storage=env.object_storage("lake"))
shop = Dataset("shop", storage=env.database("shop"))
env.secret("crm-key")


@pipeline.task
def extract() -> raw:
    return [1, 2]


@pipeline.task
def load(rows: raw) -> shop:
    return [{{"number": row}} for row in rows]
"""

SUBSCRIPTION = "f3b2a1d0-5c4e-4f6a-8b7c-9d0e1f2a3b4c"
CLOUDS = {
    "aws": (
        "glacier.aws.AWSProvider(account='123456789012', region='eu-central-1')",
        "aws:s3/bucket:Bucket",
    ),
    "azure": (
        f"glacier.azure.AzureProvider(subscription='{SUBSCRIPTION}', region='westeurope')",
        "azure-native:storage:StorageAccount",
    ),
    "gcp": (
        "glacier.gcp.GCPProvider(project='acme-sales', region='europe-west3')",
        "gcp:storage/bucket:Bucket",
    ),
}


class Stand:
    """A folder with a file to deploy, and the cloud that it is deployed to."""

    def __init__(self, folder: Path) -> None:
        self.work, self.env = folder / "work", {**os.environ, **surroundings(folder / "engine")}
        self.env.pop("PULUMI_BACKEND_URL", None)
        self.cloud = Cloud(folder / "engine" / "cloud")
        functions = self.cloud.folder / "functions"
        functions.mkdir()
        answer = {"clientId": "c", "objectId": "o", "subscriptionId": SUBSCRIPTION, "tenantId": "t"}
        name = quote("azure-native:authorization:getClientConfig", safe="")
        (functions / name).write_text(json.dumps(answer), encoding="utf-8")
        self.work.mkdir()

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "glacier.core", *arguments]
        return subprocess.run(
            command, cwd=self.work, env=self.env, capture_output=True, text=True, check=False
        )

    def told(self, operation: str, *options: str) -> Dict[str, Any]:
        confirmed = [] if operation == "preview" else ["--yes"]
        done = self.run(operation, "flow.py", "--json", *confirmed, *options)
        assert done.returncode == 0, done.stdout + done.stderr
        found: Dict[str, Any] = json.loads(done.stdout)
        return found


@pytest.mark.parametrize("kind", CLOUDS)
def test_data_stay_until_their_deletion_is_asked_for(kind: str, tmp_path: Path) -> None:
    provider, bucket = CLOUDS[kind]
    stand = Stand(tmp_path)
    (stand.work / "flow.py").write_text(FILE.format(provider=provider), encoding="utf-8")

    # Its datasets are in a database, and tasks run nowhere with those yet.
    deployed = stand.told("deploy", "--resources-only")
    assert set(deployed["outputs"]) == {"database/shop", "object_storage/lake", "secret/crm-key"}
    (made,) = stand.cloud.ids(bucket)
    assert stand.told("preview", "--resources-only")["steps"] == []

    destroyed = stand.told("destroy")
    assert any(one.startswith(f"{bucket} ") for one in destroyed["kept"])
    assert stand.cloud.ids(bucket) == [made]
    assert stand.told("deploy", "--resources-only")["outputs"] == deployed["outputs"]

    assert stand.told("destroy", "--delete-data")["kept"] == []
    assert list(stand.cloud.folder.rglob("*.json")) == []


def test_a_raw_bucket_of_another_cloud_is_found_by_the_provider_that_adopts_it(
    tmp_path: Path,
) -> None:
    raw = "pulumi_gcp.storage.Bucket('archive', name='acme-archive', location='EU')"
    text = FILE.format(provider=CLOUDS["aws"][0])
    text = text.replace('env.database("shop")', raw).replace("import ", "import pulumi_gcp, ", 1)
    stand = Stand(tmp_path)
    (stand.work / "flow.py").write_text(text, encoding="utf-8")

    deployed = stand.told("deploy", "--resources-only")

    (lake,) = stand.cloud.ids("aws:s3/bucket:Bucket")
    assert deployed["addresses"] == stand.told("refresh")["addresses"]
    assert deployed["addresses"] == {
        "object_storage/archive": "gs://acme-archive",
        "object_storage/lake": f"s3://{lake}",
    }


@pytest.mark.parametrize(
    ("provider", "reason"),
    [
        ("glacier.aws.AWSProvider(account='123456', region='us-east-1')", "'123456'"),
        ("glacier.azure.AzureProvider(subscription='xyz', region='westeurope')", "'xyz'"),
        ("glacier.gcp.GCPProvider(project='xyz', region='us-central1')", "'xyz'"),
    ],
)
def test_what_cannot_be_real_is_shown_but_not_deployed(
    provider: str, reason: str, tmp_path: Path
) -> None:
    stand = Stand(tmp_path)
    (stand.work / "flow.py").write_text(FILE.format(provider=provider), encoding="utf-8")
    shown = stand.run("synth", "flow.py")
    assert shown.returncode == 0
    assert reason in shown.stdout
    for operation in (["preview"], ["deploy", "--yes"]):
        refused = stand.run(*operation, "flow.py")
        assert refused.returncode == 2, refused.stdout + refused.stderr
        assert reason in refused.stderr
