"""Users' own Pulumi programs: what they declare in one is registered as any resource is."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

BEGIN = """
    import pulumi
    from glacier.aws import AWSProvider
    from glacier.core import Environment

    env = Environment(AWSProvider(account="123456789012", region="eu-central-1"), "prod")

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


def test_a_resource_of_an_environment_is_an_input_of_raw_ones(tmp_path: Path) -> None:
    execute(
        """
        import pulumi_aws as aws
        lake = env.object_storage("lake")
        aws.s3.BucketNotification("n", bucket=lake.native.id, eventbridge=True)

        @pulumi.runtime.test
        def check():
            return lake.native.id.apply(lambda found: found)

        check()
        (inputs,) = [one for kind, name, one in Mocks.seen if name == "n"]
        assert inputs["bucket"] == "prod-lake-id", inputs
        """,
        tmp_path,
    )


def test_deploy_registers_the_pipeline_in_a_program_of_the_user(tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text(
        textwrap.dedent(BEGIN)
        + textwrap.dedent(
            """
            from hashlib import sha256
            from glacier.core import Dataset, Pipeline, Schedule, bundle

            def make_bundle(**given):  # nothing is looked for in an index
                open("code.zip", "w").close()
                return bundle.Bundle("code.zip", sha256().hexdigest(), 0, 0, ())

            bundle.make_bundle = make_bundle
            pipeline = Pipeline("etl")
            raw = Dataset("raw", storage=env.object_storage("lake"))

            @pipeline.task
            def extract() -> raw:
                return [1]

            whole = env.deploy(pipeline, schedule=Schedule(cron="@daily"), options={"log_days": 7})
            assert isinstance(whole, pulumi.ComponentResource)

            @pulumi.runtime.test
            def check():
                return whole.told["machine"].apply(lambda arn: arn)

            check()
            kinds = [kind for kind, name, one in Mocks.seen]
            assert kinds.count("aws:lambda/function:Function") == 2
            assert kinds.count("aws:scheduler/schedule:Schedule") == 1
            (given,) = [one for kind, name, one in Mocks.seen if name == "prod-etl/extract"
                        and kind == "aws:lambda/function:Function"]
            bindings = given["environment"]["variables"]["GLACIER_BINDINGS"]
            assert '{"s3://prod-lake-' in bindings, bindings
            """
        )
    )
    done = subprocess.run(
        [sys.executable, "flow.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
