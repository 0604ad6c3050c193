"""What is registered on GCP: closed, encrypted, and without a secret in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glacier.core import Environment
from glacier.core.contracts.providers import Registered
from glacier.core.errors import InvalidOption, UnknownOption
from glacier.gcp import Network

Env = Callable[..., Environment]
Told = Callable[[Callable[[], object]], dict[tuple[str, str], Registered]]

LABELS = {"environment": "prod", "managed-by": "glacier", "pipeline": "etl"}
KEY = "projects/my-project/locations/europe-west1/keyRings/r/cryptoKeys/k"


def properties(rows: Any, kind: str, name: str = "prod-it") -> Any:
    return rows[kind, name].properties


def test_a_bucket_is_private_and_its_permissions_are_of_one_kind(env: Env, told: Told) -> None:
    rows = told(lambda: env().object_storage("it"))
    bucket = dict(properties(rows, "Bucket"))
    assert bucket.pop("name").startswith("prod-it-")
    unfinished = {"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": 7}}
    assert bucket == {
        "labels": LABELS,
        "lifecycleRules": [unfinished],
        "location": "europe-west1",
        "publicAccessPrevention": "enforced",
        "uniformBucketLevelAccess": True,
    }
    whole = "glacier:gcp:ObjectStorage prod-it"
    assert {row.parent for row in rows.values()} == {"", whole}
    assert all(row.provider == "prod-gcp" for row in rows.values() if row.parent == whole)


def test_a_bucket_has_what_is_asked_for(env: Env, told: Told) -> None:
    rows = told(
        lambda: env().object_storage("it", versioning=True, encryption=KEY, lifecycle_days=30)
    )
    bucket = properties(rows, "Bucket")
    assert bucket["versioning"] == {"enabled": True}
    assert bucket["encryption"] == {"defaultKmsKeyName": KEY}
    live, archived = bucket["lifecycleRules"][1:]
    assert (live["action"], archived["action"]) == ({"type": "Delete"}, {"type": "Delete"})
    assert live["condition"] == {"age": 30, "withState": "LIVE"}
    assert archived["condition"] == {"daysSinceNoncurrentTime": 30, "withState": "ARCHIVED"}


def test_a_key_of_another_form_is_refused(env: Env, told: Told) -> None:
    with pytest.raises(InvalidOption, match=r"(?s)encryption.*'mine'.*keyRings"):
        told(lambda: env().object_storage("it", encryption="mine"))


@pytest.mark.parametrize("name", ["google-ads", "Google.Ads", "g00gle", "googol", "goog"])
def test_the_name_of_a_bucket_does_not_look_like_google(env: Env, told: Told, name: str) -> None:
    def declare() -> None:
        made = env("google")
        made.object_storage(name)
        made.object_storage(f"{name}-other")

    rows = told(declare)
    names = {row.properties["name"] for (kind, _), row in rows.items() if kind == "Bucket"}
    assert len(names) == 2
    assert not [one for one in names if "goog" in one or "g00g" in one]


def test_options_reach_the_native_resource_as_they_are(env: Env, told: Told) -> None:
    options = {"force_destroy": True, "name": "mine", "labels": {"cost": "7"}}
    bucket = properties(told(lambda: env().object_storage("it", options=options)), "Bucket")
    assert (bucket["forceDestroy"], bucket["name"]) == (True, "mine")
    assert bucket["labels"] == {"cost": "7", **LABELS}


def test_an_unknown_option_names_the_nearest_and_the_resource(env: Env, told: Told) -> None:
    with pytest.raises(UnknownOption, match=r"Did you mean 'force_destroy'.*gcp\.storage.*Bucket"):
        told(lambda: env().object_storage("it", options={"force_destory": True}))


def test_an_option_in_a_group_leaves_the_rest_of_it(env: Env, told: Told) -> None:
    settings = {
        "disk_size": 40, "ip_configuration": {"ipv4_enabled": True}, "user_labels": {"cost": "7"},
    }  # fmt: skip
    rows = told(lambda: env().database("it", options={"settings": settings}))
    found = properties(rows, "DatabaseInstance")["settings"]
    assert (found["diskSize"], found["tier"]) == (40, "db-f1-micro")
    assert found["ipConfiguration"]["ipv4Enabled"] is True
    assert found["ipConfiguration"]["sslMode"] == "ENCRYPTED_ONLY"
    assert found["userLabels"] == {"cost": "7", **LABELS}


def test_an_unknown_option_in_a_group_names_the_nearest(env: Env, told: Told) -> None:
    options = {"service_config": {"available_memroy": "1Gi"}}
    told_of = r"'available_memroy'.*Did you mean 'available_memory'.*FunctionServiceConfig"
    with pytest.raises(UnknownOption, match=told_of):
        told(lambda: env().serverless("it", handler="a.b", code=..., options=options))


def test_a_database_has_no_public_address_and_no_password(
    env: Env, told: Told, network: Network
) -> None:
    rows = told(lambda: env(network=network).database("it", size="medium"))
    server = properties(rows, "DatabaseInstance")
    settings = server["settings"]
    assert settings["ipConfiguration"] == {
        "ipv4Enabled": False,
        "privateNetwork": "projects/my-project/global/networks/inside",
        "sslMode": "ENCRYPTED_ONLY",
    }
    by_iam = {"name": "cloudsql.iam_authentication", "value": "on"}
    assert settings["databaseFlags"] == [by_iam]
    assert "password" not in str(rows).lower()
    assert server["deletionProtection"] is settings["deletionProtectionEnabled"] is True
    assert settings["backupConfiguration"]["pointInTimeRecoveryEnabled"] is True
    assert settings["finalBackupConfig"]["enabled"] is True
    assert server["name"].startswith("etl-prod-it-")
    assert (settings["tier"], settings["edition"]) == ("db-custom-2-8192", "ENTERPRISE")
    assert properties(rows, "Database")["name"] == "it"


def test_without_a_network_a_database_is_open_to_endpoints_of_its_project(
    env: Env, told: Told
) -> None:
    rows = told(lambda: env().database("it", size="db-perf-optimized-N-2"))
    settings = properties(rows, "DatabaseInstance")["settings"]
    own = {"allowedConsumerProjects": ["my-project"], "pscEnabled": True}
    assert settings["ipConfiguration"] == {
        "ipv4Enabled": False, "pscConfigs": [own], "sslMode": "ENCRYPTED_ONLY",
    }  # fmt: skip
    tier = (settings["tier"], settings["edition"])
    assert tier == ("db-perf-optimized-N-2", "ENTERPRISE_PLUS")


def test_a_database_is_not_called_as_one_that_every_server_has(env: Env, told: Told) -> None:
    rows = told(lambda: env().database("postgres"))
    assert properties(rows, "Database", "prod-postgres")["name"] == "postgresdata"


def test_a_secret_has_no_value_and_stays_in_its_region(env: Env, told: Told) -> None:
    rows = told(lambda: env().secret("it"))
    types = {row.type for row in rows.values()}
    assert "gcp:secretmanager/secret:Secret" in types
    assert not any("secretVersion" in one for one in types)
    replicas = [{"location": "europe-west1"}]
    secret = properties(rows, "Secret")
    assert secret["replication"] == {"userManaged": {"replicas": replicas}}
    assert secret["labels"] == LABELS


def test_a_function_runs_as_an_account_of_its_own_that_may_do_nothing(
    env: Env, told: Told, network: Network, tmp_path: Path
) -> None:
    (tmp_path / "index.py").write_text("def handler(request): ...")

    def declare() -> None:
        made = env(network=network)
        made.serverless(
            "it", handler="index.handler", code=tmp_path / "index.py", env={"A": "b"}, timeout=1.5
        )
        made.serverless("folder", handler="parts.index.handler", code=tmp_path)

    rows = told(declare)
    function = properties(rows, "Function")
    build, service = function["buildConfig"], function["serviceConfig"]
    assert (build["entryPoint"], build["environmentVariables"]) == (
        "handler", {"GOOGLE_FUNCTION_SOURCE": "index.py"},
    )  # fmt: skip
    assert (service["timeoutSeconds"], service["availableMemory"]) == (2, "512Mi")
    assert service["environmentVariables"] == {"A": "b"}
    assert service["ingressSettings"] == "ALLOW_INTERNAL_ONLY"
    path = "projects/my-project/global/networks/inside"
    inside = {"network": path, "subnetwork": "functions"}
    assert service["directVpcNetworkInterfaces"] == [inside]
    folder = properties(rows, "Function", "prod-folder")["buildConfig"]
    assert folder["environmentVariables"] == {"GOOGLE_FUNCTION_SOURCE": "parts/index.py"}
    assert {key for key in rows if key[0] == "Account"} == {
        ("Account", "prod-it"), ("Account", "prod-folder"),
    }  # fmt: skip
    assert not [row.type for row in rows.values() if "iam" in row.type.lower()]


def test_the_sources_of_functions_are_in_one_private_bucket(
    env: Env, told: Told, tmp_path: Path
) -> None:
    (tmp_path / "index.py").write_text("def handler(request): ...")

    def declare() -> None:
        made = env()
        made.serverless("it", handler="index.handler", code=tmp_path / "index.py")
        made.serverless("folder", handler="index.handler", code=tmp_path)

    rows = told(declare)
    bucket = properties(rows, "Bucket", "prod-function-sources")
    assert bucket["publicAccessPrevention"] == "enforced"
    one = properties(rows, "BucketObject")
    assert one["source"] == {"assets": {"index.py": {"path": "index.py"}}}
    folder = properties(rows, "BucketObject", "prod-folder")
    assert folder["source"] == {"path": tmp_path.name}
    assert one["bucket"] == folder["bucket"] == bucket["name"]
    data = told(lambda: env().object_storage("function-sources"))
    assert properties(data, "Bucket", "prod-function-sources")["name"] != bucket["name"]


@pytest.mark.parametrize(
    ("given", "told_of"),
    [({"memory": 64}, "128 to 32768 MiB"), ({"timeout": 3601}, "3600 seconds")],
)
def test_a_size_that_functions_do_not_have_is_refused(
    env: Env, told: Told, given: Any, told_of: str
) -> None:
    with pytest.raises(InvalidOption, match=told_of):
        told(lambda: env().serverless("it", handler="a.b", code=..., **given))


def test_the_provider_instance_reaches_no_other_project(env: Env, told: Told) -> None:
    rows = told(lambda: env().secret("it"))
    instance = properties(rows, "gcp", "prod-gcp")
    assert instance == {"project": "my-project", "region": "europe-west1"}


def test_what_is_needed_of_google_is_enabled_once_and_stays_so(env: Env, told: Told) -> None:
    def declare() -> None:
        made = env()
        for name in ("it", "other"):
            made.secret(name)
            made.database(name)
            made.serverless(name, handler="a.b", code=...)

    rows = told(declare)
    services = [row.properties for (kind, _), row in rows.items() if kind == "Service"]
    needed = (
        "artifactregistry", "cloudbuild", "cloudfunctions", "iam", "run", "secretmanager",
        "sqladmin",
    )  # fmt: skip
    assert sorted(one["service"] for one in services) == [f"{s}.googleapis.com" for s in needed]
    assert {one["disableOnDestroy"] for one in services} == {False}


def test_the_same_environment_in_two_regions_shares_no_name(env: Env, told: Told) -> None:
    def names(region: str) -> set[str]:
        def declare() -> None:
            made = env(region=region)
            made.object_storage("it")
            made.database("it")
            made.secret("it")
            made.serverless("it", handler="a.b", code=...)

        wanted = ("accountId", "secretId", "name")
        kinds = ("Account", "Bucket", "DatabaseInstance", "Secret")
        return {
            row.properties[key]
            for (kind, _), row in told(declare).items()
            for key in wanted
            if kind in kinds and key in row.properties
        }

    assert len(names("europe-west1")) == 3  # what is not a bucket has one name
    assert not names("europe-west1") & names("us-east1")
