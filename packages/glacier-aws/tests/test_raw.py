"""Raw Pulumi beside environments: adopted, doubted, refused; and one file with all of it."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pulumi_aws as aws
import pytest

from glacier.core import Database, Dataset, ObjectStorage
from glacier.core.components import load_modules
from glacier.core.contracts.providers import Registered
from glacier.core.errors import UnknownNative
from glacier.core.synth import Synth

# They warn of their own parts.
load_modules("pulumi_aws.dynamodb", "pulumi_aws.ec2", "pulumi_aws.s3")

Told = Callable[[Callable[[], object]], dict[tuple[str, str], Registered]]


def test_a_bucket_or_a_table_keeps_datasets(told: Told) -> None:
    def declare() -> None:
        raw = Dataset("raw", storage=aws.s3.Bucket("my.lake"))
        table = aws.dynamodb.Table("items", attributes=[], hash_key="id", billing_mode="X")
        items = Dataset("items", storage=table)
        assert raw.storage == ObjectStorage("my-lake")
        assert items.storage == Database("items")
        assert raw.resource is not None
        assert (raw.resource.token, raw.resource.environment) == ("aws:s3/bucket:Bucket", None)
        assert repr(raw.resource) == "Bucket('my-lake')"

    assert ("Bucket", "my.lake") in told(declare)


def test_outside_a_program_it_is_adopted_and_bound_all_the_same() -> None:
    """In a process of its own: outside programs pulumi takes the event loop that it finds."""
    code = """
    import pulumi_aws as aws
    from glacier.aws import AWSProvider
    from glacier.core import Dataset, Environment, ObjectStorage

    bucket = aws.s3.Bucket("lake")
    assert Dataset("raw", storage=bucket).storage == ObjectStorage("lake")
    env, raw = Environment(AWSProvider(account="123456789012", region="us-east-1")), Dataset("raw")
    env.bind({raw: bucket})
    assert env.placed(raw).storage == ObjectStorage("lake")
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_keeps_no_datasets_names_what_does(told: Told) -> None:
    def declare() -> None:
        Dataset("raw", storage=aws.ec2.Instance("machine"))

    with pytest.raises(UnknownNative, match=r"aws:ec2/instance:Instance.*'Bucket'") as caught:
        told(declare)
    assert Path(__file__).name in str(caught.value)


FILE = """
    from typing import Annotated

    import pulumi
    import pulumi_aws as aws

    from glacier.aws import AWSProvider
    from glacier.core import Dataset, Environment, Pipeline, Secret
    from glacier.core.testing import InlineExecutor

    env = Environment(provider=AWSProvider(account="123456", region="us-east-1"), name="prod")
    storage = env.object_storage(name="data")
    compute = env.serverless(name="func", handler="index.handler", code=...)
    far = aws.Provider("far", region="eu-west-1")
    bucket = aws.s3.Bucket("my-data", opts=pulumi.ResourceOptions(provider=far))
    aws.s3.BucketVersioning("my-data", bucket=bucket.id, versioning_configuration={
        "status": "Enabled"})
    old = aws.s3.BucketV2("old")
    hidden = aws.secretsmanager.SecretVersion("v", secret_id="s", secret_string="s3cret")
    here = aws.get_region()
    zones = aws.get_availability_zones()

    pipeline = Pipeline(name="etl")
    data = Dataset(name="data", storage=storage)
    raw = Dataset(name="raw", storage=bucket)
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
    told = glacier(file, "synth", "flow.py", "--json")
    assert told == glacier(file, "synth", "flow.py", "--env", "prod", "--json")
    assert "s3cret" not in told
    assert str(file.parent) not in told
    found = Synth.from_json(json.loads(told))
    names = {(row.type.rpartition(":")[2], row.name) for row in found.resources}
    assert {("Bucket", "prod-data"), ("Bucket", "my-data"), ("Function", "prod-func")} <= names
    (version,) = [row for row in found.resources if row.name == "v"]
    assert version.properties["secretString"] == "<secret>"
    expected = (
        "AWS account '123456' cannot be real",
        "dataset 'odd' has no storage and goes from 'middle' to 'transform'",
        "dataset 'odd' has no format= and holds set",
        "dataset 'raw' is kept in eu-west-1, and its tasks run in us-east-1",
        "serverless 'func' has no code yet",
        "secret 'crm' is read by 'extract' and not declared in environment 'prod'",
        "aws:s3/bucketV2:BucketV2 'old' is deprecated: use aws.s3.Bucket",
        "the answer of aws:index/getAvailabilityZones:getAvailabilityZones is not known",
    )
    for told_of in expected:
        assert any(one.startswith(told_of) for one in found.warnings), told_of
    assert not any("dataset 'data'" in one for one in found.warnings)
    text = glacier(file, "synth", "flow.py")
    assert "  extract    read   secret   crm" in text
    assert "  transform  write  dataset  data  object_storage data" in text


def test_the_same_file_runs_under_plain_python(file: Path) -> None:
    run = (
        "\nif __name__ == '__main__':\n    import os\n    os.environ['GLACIER_SECRET_CRM'] = 'k'\n"
        "    print(InlineExecutor().execute(env.bound(pipeline))['data'])\n"
    )
    file.write_text(file.read_text().replace("here = aws.get_region()", "").replace(
        "zones = aws.get_availability_zones()", "") + run)  # fmt: skip
    command = [sys.executable, "flow.py"]
    done = subprocess.run(command, cwd=file.parent, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "[1, 2, 3]\n"), done.stderr
