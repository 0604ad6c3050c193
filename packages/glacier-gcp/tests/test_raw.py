"""Raw Pulumi beside environments: adopted, doubted, refused; and one file with all of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pulumi_gcp as gcp
import pytest

from glacier.core import Database, Dataset, ObjectStorage
from glacier.core.components import load_modules
from glacier.core.contracts.providers import Registered
from glacier.core.errors import UnknownNative
from glacier.core.synth import Synth

load_modules(
    "pulumi_gcp.bigquery", "pulumi_gcp.compute", "pulumi_gcp.sql", "pulumi_gcp.storage"
)  # which warn of their own parts

Told = Callable[[Callable[[], object]], dict[tuple[str, str], Registered]]


def test_a_bucket_a_server_or_a_dataset_of_bigquery_keeps_datasets(told: Told) -> None:
    def declare() -> None:
        raw = Dataset("raw", storage=gcp.storage.Bucket("my.lake", location="EU"))
        server = gcp.sql.DatabaseInstance("shop", database_version="POSTGRES_17")
        shop = Dataset("shop", storage=server)
        facts = Dataset("facts", storage=gcp.bigquery.Dataset("facts", dataset_id="facts"))
        assert raw.storage == ObjectStorage("my-lake")
        assert (shop.storage, facts.storage) == (Database("shop"), Database("facts"))
        assert raw.resource is not None
        assert (raw.resource.token, raw.resource.environment) == ("gcp:storage/bucket:Bucket", None)
        assert repr(raw.resource) == "Bucket('my-lake')"

    assert ("Bucket", "my.lake") in told(declare)


def test_outside_a_program_it_is_adopted_and_bound_all_the_same() -> None:
    """In a process of its own: outside programs pulumi takes the event loop that it finds."""
    code = """
    import pulumi_gcp as gcp
    from glacier.core import Dataset, Environment, ObjectStorage
    from glacier.gcp import GCPProvider

    bucket = gcp.storage.Bucket("lake", location="EU")
    assert Dataset("raw", storage=bucket).storage == ObjectStorage("lake")
    env, raw = Environment(GCPProvider(project="my-project", region="us-east1")), Dataset("raw")
    env.bind({raw: bucket})
    assert env.placed(raw).storage == ObjectStorage("lake")
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_keeps_no_datasets_names_what_does(told: Told) -> None:
    def declare() -> None:
        Dataset("raw", storage=gcp.compute.Network("inside"))

    with pytest.raises(UnknownNative, match=r"gcp:compute/network:Network.*'Bucket'") as caught:
        told(declare)
    assert Path(__file__).name in str(caught.value)


FILE = """
    from typing import Annotated

    import pulumi
    import pulumi_gcp as gcp

    from glacier.core import Dataset, Environment, Pipeline, Secret
    from glacier.core.testing import InlineExecutor
    from glacier.gcp import GCPProvider

    provider = GCPProvider(project="xyz", region="us-central1")
    env = Environment(provider=provider, name="prod", tags={"Team": "Sales"})
    storage = env.object_storage(name="data")
    compute = env.serverless(name="func", handler="index.handler", code=...)
    far = gcp.Provider("far", project="xyz", region="europe-west4")
    bucket = gcp.storage.Bucket("my-data", location="EUROPE-WEST1")
    near = gcp.storage.Bucket("near", location="US")
    server = gcp.sql.DatabaseInstance("server", database_version="POSTGRES_17",
        opts=pulumi.ResourceOptions(provider=far))
    old = gcp.container.Registry("old", location="EU")
    hidden = gcp.secretmanager.SecretVersion("v", secret="s", secret_data="s3cret")

    pipeline = Pipeline(name="etl")
    data = Dataset(name="data", storage=storage)
    raw = Dataset(name="raw", storage=bucket)
    table = Dataset(name="table", storage=server)
    wide = Dataset(name="wide", storage=near)
    odd = Dataset(name="odd")

    @pipeline.task()
    def extract(key: Annotated[str, Secret("crm")] ) -> raw:
        return [3, 1, 2]

    @pipeline.task()
    def middle(rows: raw) -> Annotated[set, odd]:
        return rows

    @pipeline.task()
    def transform(rows: odd) -> data:
        return sorted(rows)

    @pipeline.task()
    def list_all(rows: data) -> table:
        return [{"n": row} for row in rows]

    @pipeline.task()
    def widen(rows: data) -> wide:
        return rows
"""


ASKS = """
    here = gcp.organizations.get_project()
    client = gcp.organizations.get_client_config()
    assert (here.project_id, client.region) == ("xyz", "us-central1")
    agent = gcp.storage.get_project_service_account().email_address
    assert agent == "service-<computed>@gs-project-accounts.iam.gserviceaccount.com", agent
    machines = gcp.compute.get_default_service_account().email
    assert machines == "<computed>-compute@developer.gserviceaccount.com", machines
    gcp.storage.BucketIAMMember("agent", bucket=bucket.name, role="roles/storage.objectViewer",
        member=f"serviceAccount:{here.number}-compute@developer.gserviceaccount.com")
    zones = gcp.compute.get_zones()
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "flow.py"
    path.write_text(textwrap.dedent(FILE))
    return path


def glacier(file: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "glacier.core", *arguments]
    done = subprocess.run(command, cwd=file.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_one_file_is_synthesised_with_raw_resources_and_all_doubts(file: Path) -> None:
    file.write_text(file.read_text() + textwrap.dedent(ASKS))
    told = glacier(file, "synth", "flow.py", "--json")
    assert told == glacier(file, "synth", "flow.py", "--env", "prod", "--json")
    assert "s3cret" not in told
    assert str(file.parent) not in told
    found = Synth.from_json(json.loads(told))
    names = {(row.type.rpartition(":")[2], row.name) for row in found.resources}
    assert {("Bucket", "prod-data"), ("Bucket", "my-data"), ("Function", "prod-func")} <= names
    (version,) = [row for row in found.resources if row.name == "v"]
    assert version.properties["secretData"] == "<secret>"
    (agent,) = [row for row in found.resources if row.name == "agent"]
    member = "serviceAccount:<computed>-compute@developer.gserviceaccount.com"
    assert agent.properties["member"] == member
    expected = (
        "GCP project 'xyz' cannot be real",
        "dataset 'odd' has no storage and goes from 'middle' to 'transform'",
        "dataset 'odd' has no format= and holds set",
        "dataset 'raw' is kept in EUROPE-WEST1, and its tasks run in us-central1",
        "dataset 'table' is kept in europe-west4, and its tasks run in us-central1",
        "serverless 'func' has no code yet",
        "secret 'crm' is read by 'extract' and not declared in environment 'prod'",
        "gcp:container/registry:Registry 'old' is deprecated: use gcp.artifactregistry.Repository",
        "the answer of gcp:compute/getZones:getZones is not known",
    )
    for told_of in expected:
        assert any(one.startswith(told_of) for one in found.warnings), told_of
    for silent in ("dataset 'data'", "dataset 'wide'", "getProject", "getClientConfig"):
        assert not any(silent in one for one in found.warnings), silent
    text = glacier(file, "synth", "flow.py")
    assert re.search(r"extract +read +secret +crm", text)
    assert re.search(r"transform +write +dataset +data +object_storage data", text)
    assert "Team=Sales" in text


def test_the_same_file_runs_under_plain_python(file: Path) -> None:
    run = (
        "\nif __name__ == '__main__':\n    import os\n    os.environ['GLACIER_SECRET_CRM'] = 'k'\n"
        "    print(InlineExecutor().execute(env.bound(pipeline), keep=[data])['data'])\n"
    )
    file.write_text(file.read_text() + run)
    command = [sys.executable, "flow.py"]
    done = subprocess.run(command, cwd=file.parent, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "[1, 2, 3]\n"), done.stderr
