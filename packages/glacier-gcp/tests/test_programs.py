"""Users' own Pulumi programs: what they declare in one is registered as any resource is."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

BEGIN = """
    import pulumi
    from glacier.core import Environment
    from glacier.core.errors import NotRegistered
    from glacier.core.programs import in_program, project_name
    from glacier.gcp import GCPProvider

    env = Environment(GCPProvider(project="my-project", region="europe-west1"), "prod")
    early = env.object_storage("early")
    assert not in_program() and project_name() is None  # though pulumi is imported
    try:
        early.native
    except NotRegistered:
        pass
    else:
        raise AssertionError

    class Mocks(pulumi.runtime.Mocks):
        seen = []
        def new_resource(self, args):
            self.seen.append((args.typ, args.name, args.inputs))
            return f"{args.name}-id", args.inputs
        def call(self, args):
            return {}

    pulumi.runtime.set_mocks(Mocks(), project="shop", stack="prod")
"""


def execute(body: str, folder: Path) -> None:
    code = textwrap.dedent(BEGIN) + textwrap.dedent(body)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_under_mocks_a_call_registers_and_an_earlier_one_when_it_is_asked(tmp_path: Path) -> None:
    execute(
        """
        assert in_program() and project_name() == "shop"
        late = env.object_storage("late")
        assert ("gcp:storage/bucket:Bucket", "prod-late") not in Mocks.seen

        @pulumi.runtime.test
        def check():
            def see(values):
                name, labels = values
                assert name.startswith("prod-late-"), name
                assert labels["pipeline"] == "shop", labels
            return pulumi.Output.all(late.native.name, late.native.labels).apply(see)

        check()
        _ = early.native
        assert early.native is early.native

        @pulumi.runtime.test
        def check():
            return early.native.id.apply(lambda found: found)

        check()
        names = [name for kind, name, _ in Mocks.seen if kind == "gcp:storage/bucket:Bucket"]
        assert sorted(names) == ["prod-early", "prod-late"], names
        providers = [name for kind, name, _ in Mocks.seen if kind == "pulumi:providers:gcp"]
        assert providers == ["prod-gcp"], providers
        """,
        tmp_path,
    )


def test_a_resource_of_an_environment_is_an_input_of_raw_ones(tmp_path: Path) -> None:
    execute(
        """
        import pulumi_gcp as gcp
        lake = env.object_storage("lake")
        gcp.storage.ManagedFolder("n", bucket=lake.native.name, name="raw/")

        @pulumi.runtime.test
        def check():
            return lake.native.id.apply(lambda found: found)

        check()
        (inputs,) = [one for kind, name, one in Mocks.seen if name == "n"]
        assert inputs["bucket"].startswith("prod-lake-"), inputs
        """,
        tmp_path,
    )
