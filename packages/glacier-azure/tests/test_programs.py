"""Users' own Pulumi programs: what they declare in one is registered as any resource is."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

BEGIN = """
    import pulumi
    from glacier.azure import AzureProvider
    from glacier.core import Environment

    env = Environment(AzureProvider(
        subscription="12345678-90ab-cdef-1234-567890abcdef", region="westeurope"), "prod")

    class Mocks(pulumi.runtime.Mocks):
        seen = []
        def new_resource(self, args):
            self.seen.append((args.typ, args.name, args.inputs))
            # Azure returns identities as a mapping, without which its SDK fails.
            return f"{args.name}-id", {**args.inputs, "identity": {"type": "UserAssigned"}}
        def call(self, args):
            assert args.token == "azure-native:authorization:getClientConfig", args.token
            return {"tenantId": "ours"}

    pulumi.runtime.set_mocks(Mocks(), project="shop", stack="prod")
"""


def execute(body: str, folder: Path) -> None:
    code = textwrap.dedent(BEGIN) + textwrap.dedent(body)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_resource_of_an_environment_is_an_input_of_raw_ones(tmp_path: Path) -> None:
    execute(
        """
        from pulumi_azure_native import keyvault, storage
        lake = env.object_storage("lake")
        storage.BlobContainerLegalHold("hold", account_name="a", container_name=lake.native.name,
                                       resource_group_name="g", tags=["x"])
        vault = env.secret("crm").native

        @pulumi.runtime.test
        def check():
            return pulumi.Output.all(lake.native.id, vault.properties)

        check()
        (inputs,) = [one for kind, name, one in Mocks.seen if kind.endswith(":Vault")]
        assert inputs["properties"]["tenantId"] == "ours", inputs
        assert [name for kind, name, _ in Mocks.seen if kind.endswith("LegalHold")] == ["hold"]
        """,
        tmp_path,
    )


def test_what_holds_data_stays_when_the_stack_is_destroyed(tmp_path: Path) -> None:
    execute(
        """
        from pulumi.runtime.mocks import MockMonitor

        class Monitor(MockMonitor):
            stays = {}
            def RegisterResource(self, request):
                self.stays[request.type.rpartition(":")[2], request.name] = request.retainOnDelete
                return super().RegisterResource(request)

        pulumi.runtime.set_mocks(Mocks(), project="shop", stack="prod", monitor=Monitor(Mocks()))
        env.object_storage("lake", lifecycle_days=3)
        env.database("shop")
        env.secret("crm")
        call = env.serverless("call", handler="index.handler", code=...)

        @pulumi.runtime.test
        def check():
            return call.native.id

        check()
        stays = sorted(kind for (kind, name), kept in Monitor.stays.items() if kept)
        assert stays == [
            "AdministratorsMicrosoftEntra", "BlobContainer", "BlobServiceProperties",
            "Configuration", "Database", "ManagementPolicy", "ResourceGroup", "Server",
            "StorageAccount", "UserAssignedIdentity", "Vault"], stays
        assert not [name for (kind, name), kept in Monitor.stays.items() if kept and "call" in name]
        """,
        tmp_path,
    )
