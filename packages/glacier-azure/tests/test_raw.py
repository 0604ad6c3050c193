"""Raw Pulumi beside environments: adopted, doubted, refused; and one file with all of it."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi_azure_native import dbforpostgresql, storage, web

from glacier.azure.types import ADOPTS, DEPRECATED
from glacier.core import Database, Dataset, ObjectStorage
from glacier.core.contracts.providers import Registered
from glacier.core.errors import UnknownNative
from glacier.core.synth import Synth

Told = Callable[[Callable[[], object]], dict[tuple[str, str], Registered]]


def container(name: str) -> storage.BlobContainer:
    return storage.BlobContainer(name, account_name="a", resource_group_name="g")


def test_a_container_or_a_database_keeps_datasets(told: Told) -> None:
    def declare() -> None:
        raw = Dataset("raw", storage=container("my.lake"))
        server = dbforpostgresql.Server("shop", resource_group_name="g")
        shop = Dataset("shop", storage=server)
        assert raw.storage == ObjectStorage("my-lake")
        assert shop.storage == Database("shop")
        assert raw.resource is not None
        token = "azure-native:storage:BlobContainer"
        assert (raw.resource.token, raw.resource.environment) == (token, None)
        assert repr(raw.resource) == "BlobContainer('my-lake')"

    assert ("BlobContainer", "my.lake") in told(declare)


def test_outside_a_program_it_is_adopted_and_bound_all_the_same() -> None:
    """In a process of its own: outside programs pulumi takes the event loop that it finds."""
    code = """
    from pulumi_azure_native import storage
    from glacier.azure import AzureProvider
    from glacier.core import Dataset, Environment, ObjectStorage

    box = storage.BlobContainer("lake", account_name="a", resource_group_name="g")
    assert Dataset("raw", storage=box).storage == ObjectStorage("lake")
    env = Environment(AzureProvider(subscription="xyz", region="westeurope"))
    raw = Dataset("raw")
    env.bind({raw: box})
    assert env.placed(raw).storage == ObjectStorage("lake")
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "token",
    [
        "azure-native:storage/v20230101:BlobContainer",
        "azure-native:storage/v20210801preview:BlobContainer",
        "azure-native_storage_v20230101:storage:BlobContainer",
        "azure:storage/container:Container",
    ],
)
def test_of_any_version_of_the_api_and_of_the_older_sdk_it_is_adopted(
    told: Told, token: str
) -> None:
    def declare() -> None:
        raw = Dataset("raw", storage=pulumi.CustomResource(token, "lake"))
        assert raw.storage == ObjectStorage("lake")

    told(declare)


def test_what_is_adopted_is_named_as_the_sdk_names_it() -> None:
    for token in [*ADOPTS, *DEPRECATED]:
        package, module, kind = token.split(":")
        if package == "azure-native":
            found: Any = __import__(f"pulumi_azure_native.{module}", fromlist=[kind])
            assert getattr(found, kind).pulumi_type == token
        else:
            assert module.partition("/")[2] == f"{kind[:1].lower()}{kind[1:]}"


@pytest.mark.parametrize("version", ["", "_v20240501"])
def test_what_keeps_no_datasets_names_what_does(told: Told, version: str) -> None:
    token = f"azure-native{'_web' if version else ''}{version}:web:WebApp"

    def declare() -> None:
        Dataset("raw", storage=pulumi.CustomResource(token, "machine"))

    with pytest.raises(UnknownNative, match=rf"{token}.*'BlobContainer'") as caught:
        told(declare)
    assert Path(__file__).name in str(caught.value)


def test_a_raw_app_with_an_identity_of_its_own_is_synthesised(told: Told) -> None:
    def declare() -> None:
        app = web.WebApp(
            "app",
            resource_group_name="g",
            identity={"type": web.ManagedServiceIdentityType.USER_ASSIGNED,
                      "user_assigned_identities": ["/subscriptions/s/id"]},
        )  # fmt: skip
        web.WebAppFtpAllowed("app", name=app.name, resource_group_name="g", allow=False)

    found = told(declare)["WebApp", "app"].properties["identity"]
    assert found == {"type": "UserAssigned", "userAssignedIdentities": ["/subscriptions/s/id"]}


def test_options_of_raw_resources_stay_as_they_are(told: Told) -> None:
    options = pulumi.ResourceOptions(aliases=[pulumi.Alias(name="before")])

    def declare() -> None:
        for name in ("one", "two"):
            storage.BlobContainer(name, account_name="a", resource_group_name="g", opts=options)

    assert {("BlobContainer", "one"), ("BlobContainer", "two")} <= told(declare).keys()
    assert options.aliases is not None
    assert len(list(options.aliases)) == 1


FILE = """
    from typing import Annotated

    import pulumi
    import pulumi_azure_native as azure
    from pulumi_azure_native import authorization, dbforpostgresql, keyvault, storage

    from glacier.azure import AzureProvider
    from glacier.core import Dataset, Environment, Pipeline, Secret
    from glacier.core.testing import InlineExecutor

    env = Environment(provider=AzureProvider(subscription="xyz", region="westeurope"), name="prod")
    lake = env.object_storage(name="data")
    compute = env.serverless(name="func", handler="index.handler", code=...)
    far = azure.Provider("far", location="eastus")
    box = storage.BlobContainer("my-data", account_name="a", resource_group_name="g",
                                opts=pulumi.ResourceOptions(provider=far))
    old = dbforpostgresql.SingleServer("old", resource_group_name="g", properties={
        "administrator_login": "a", "administrator_login_password": pulumi.Output.secret("s3cret"),
        "create_mode": "Default"})
    keyvault.Secret("v", resource_group_name="g", vault_name="v", properties={
        "value": pulumi.Output.secret("s3cret")})
    here = authorization.get_client_config_output()
    keys = storage.list_storage_account_keys_output(account_name="a", resource_group_name="g")

    pipeline = Pipeline(name="etl")
    data = Dataset(name="data", storage=lake)
    raw = Dataset(name="raw", storage=box)
    odd = Dataset(name="odd")
    near = Dataset(name="near", storage=dbforpostgresql.Server(
        "near", resource_group_name="g", location="West Europe"))
    away = Dataset(name="away", storage=dbforpostgresql.Server(
        "away", resource_group_name="g", location="East US"))

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
    def share(rows: data) -> (near, away):
        return [{"n": n} for n in rows], [{"n": 1}]
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
    assert {("BlobContainer", "prod-data"), ("BlobContainer", "my-data"), ("WebApp", "prod-func")} <= names  # fmt: skip  # noqa: E501
    (hidden,) = [row for row in found.resources if row.name == "v"]
    assert hidden.properties["properties"] == {"value": "<secret>"}
    expected = (
        "Azure subscription 'xyz' cannot be real",
        "dataset 'odd' has no storage and goes from 'middle' to 'transform'",
        "dataset 'odd' has no format= and holds set",
        "dataset 'raw' is kept in eastus, and its tasks run in westeurope",
        "dataset 'away' is kept in eastus, and its tasks run in westeurope",
        "serverless 'func' has no code yet",
        "secret 'crm' is read by 'extract' and not declared in environment 'prod'",
        "azure-native:dbforpostgresql:SingleServer 'old' is deprecated: Azure has retired",
        "the answer of azure-native:storage:listStorageAccountKeys is not known",
    )
    for told_of in expected:
        assert any(one.startswith(told_of) for one in found.warnings), told_of
    for right in ("dataset 'data'", "dataset 'near'", "getClientConfig"):
        assert not any(right in one for one in found.warnings), right
    text = glacier(file, "synth", "flow.py")
    assert "  extract    read   secret   crm" in text
    assert "  transform  write  dataset  data  object_storage data" in text


def test_the_same_file_runs_under_plain_python(file: Path) -> None:
    run = (
        "\nif __name__ == '__main__':\n    import os\n    os.environ['GLACIER_SECRET_CRM'] = 'k'\n"
        "    print(InlineExecutor().execute(env.bound(pipeline), keep=['data'])['data'])\n"
    )
    lines = textwrap.dedent(FILE).splitlines()
    offline = [line for line in lines if not line.startswith(("here =", "keys ="))]
    file.write_text("\n".join(offline) + run)
    command = [sys.executable, "flow.py"]
    done = subprocess.run(command, cwd=file.parent, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "[1, 2, 3]\n"), done.stderr
