"""Raw resources of Pulumi: recognised by type, and stood in for where Pulumi is not installed."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

from glacier.core.adoption import type_of
from glacier.core.placeholders import is_installed

# pulumi may be installed or not where this runs; here it never can be found.
HIDDEN = """
    import sys
    from importlib.abc import MetaPathFinder

    HIDDEN = ("pulumi", "pulumi_aws", "pulumi_azure_native",
              "pulumi_azure_native_storage_v20230101", "pulumi_odd")

    class Hide(MetaPathFinder):
        def find_spec(self, name, path, target=None):
            if name.partition(".")[0] in HIDDEN:
                sys.meta_path.remove(self)
                try:
                    for finder in sys.meta_path:
                        if type(finder).__module__ == "glacier.core.placeholders":
                            return finder.find_spec(name, path, target)
                finally:
                    sys.meta_path.insert(0, self)
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    sys.meta_path.insert(0, Hide())
    from glacier.core import Dataset, Pipeline
    from glacier.core.errors import PlaceholderUsed, UnknownNative
    from glacier.core.placeholders import install_placeholders, is_installed
    from glacier.core.testing import run

    def raised(kind, call):
        try:
            call()
        except kind as error:
            return str(error)
        raise AssertionError(f"{kind.__name__} was not raised")
"""


def execute(body: str, folder: Path) -> None:
    """Run a program in a process of its own, without pulumi."""
    code = textwrap.dedent(HIDDEN) + textwrap.dedent(body)
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_file_with_raw_resources_runs_where_pulumi_is_not_installed(tmp_path: Path) -> None:
    execute(
        """
        install_placeholders()
        install_placeholders()
        import pulumi
        import pulumi_odd as odd
        from pulumi_odd.s3 import BucketArgs

        bucket = odd.s3.Bucket("lake", BucketArgs(versioning={"enabled": True}),
                               opts=pulumi.ResourceOptions(protect=True))
        pulumi.export("name", bucket.id)
        role = odd.iam.Role("r", name=bucket.arn.apply(lambda arn: arn + "x"))

        class Own(pulumi.ComponentResource):
            def __init__(self):
                super().__init__("a:b:C", "own", {})
                self.bucket = odd.s3.Bucket("inner", opts=pulumi.ResourceOptions(parent=self))

        Own()
        pipeline, raw = Pipeline("etl"), Dataset("raw")

        @pipeline.task
        def extract() -> raw:
            return [1]

        assert run(pipeline)["raw"] == [1]
        assert not is_installed("pulumi") and not is_installed("pulumi_odd")
        """,
        tmp_path,
    )


def test_a_real_value_of_a_stand_in_is_refused_by_name(tmp_path: Path) -> None:
    execute(
        """
        install_placeholders()
        import pulumi_odd as odd

        bucket = odd.s3.Bucket("lake")
        for call in (lambda: bool(bucket.arn), lambda: f"{bucket.id}", lambda: list(bucket.tags),
                     lambda: bucket.arn + "/*", lambda: str(bucket.id), lambda: int(bucket.size)):
            told = raised(PlaceholderUsed, call)
            assert "pulumi_odd.s3.Bucket" in told and "pip install pulumi-odd" in told, told
        """,
        tmp_path,
    )


def test_without_stand_ins_the_import_fails_as_ever(tmp_path: Path) -> None:
    execute(
        """
        def load():
            import pulumi_odd
        assert "pulumi_odd" in raised(ModuleNotFoundError, load)
        install_placeholders()
        def load():
            import pulumo
        assert "pulumo" in raised(ModuleNotFoundError, load)
        """,
        tmp_path,
    )


def test_stand_ins_for_azure_have_its_types_in_every_version(tmp_path: Path) -> None:
    execute(
        """
        install_placeholders()
        from glacier.core.adoption import native_facts, type_of
        import pulumi_azure_native as azure
        import pulumi_azure_native_storage_v20230101 as one_version
        from pulumi_azure_native.storage import v20230101

        tokens = [native_facts(kind("lake"))[0] for kind in (
            azure.storage.BlobContainer, v20230101.BlobContainer,
            one_version.storage.BlobContainer)]
        assert tokens == ["azure-native:storage:BlobContainer",
                          "azure-native:storage/v20230101:BlobContainer",
                          "azure-native_storage_v20230101:storage:BlobContainer"], tokens
        assert {type_of(token) for token in tokens} == {"azure-native:storage:BlobContainer"}
        """,
        tmp_path,
    )


def test_types_of_other_clouds_are_known_as_they_are() -> None:
    for token in ("aws:s3/bucket:Bucket", "azure:storage/container:Container", "a:b:C", "odd"):
        assert type_of(token) == token


def test_a_resource_that_no_provider_knows_names_what_would(tmp_path: Path) -> None:
    execute(
        """
        install_placeholders()
        import pulumi_odd as odd
        told = raised(UnknownNative, lambda: Dataset("raw", storage=odd.s3.Bucket("lake")))
        assert "odd:s3/bucket:Bucket" in told and "No installed provider knows it" in told, told
        """,
        tmp_path,
    )


def test_what_is_installed_is_told_from_what_stands_in() -> None:
    assert is_installed("json")
    assert not is_installed("pulumi_nothing_of_this_name")
