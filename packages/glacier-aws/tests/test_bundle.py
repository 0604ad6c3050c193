"""A bundle with this package in it, in a process that has nothing else."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from glacier.core.bundle import Platform, locate, make_bundle

FLOW = """\
import pulumi_aws
from glacier.aws import AWSProvider
from glacier.core import Dataset, Environment, Pipeline

env = Environment(AWSProvider(account="123456789012", region="eu-central-1"), name="prod")
pipeline = Pipeline("etl")
raw = Dataset("raw", storage=env.object_storage("lake"))
other = Dataset("other", storage=pulumi_aws.s3.Bucket("other"))


@pipeline.task
def extract() -> raw:
    return [1]
"""
RUN = """\
import json, sys
sys.path.insert(0, {root!r})
from glacier.core.placeholders import install_placeholders
install_placeholders()
import glacier.aws.runtime
loaded = sorted(name for name in sys.modules if name.startswith("glacier.aws"))
from glacier.core.loader import load
from glacier.core.registry import installed
pipeline = load({root!r} + "/flow.py").choose()
print(json.dumps([loaded, installed("glacier.stores"), sorted(pipeline.tasks)]))
"""


def test_its_run_time_part_and_the_users_file_are_imported_without_any_sdk(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "flow.py").write_text(FLOW, encoding="utf-8")
    root, target = locate(str(tmp_path / "p" / "flow.py"))
    made = make_bundle(
        root=root,
        target=target,
        deployed={"target": target},
        packages=["glacier-aws"],
        platform=Platform("3.13", "aarch64"),
        into=tmp_path / "out",
    )
    unpacked = tmp_path / "unpacked"
    shutil.unpack_archive(made.path, unpacked)

    command = [sys.executable, "-I", "-S", "-c", RUN.format(root=str(unpacked))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    loaded, stores, tasks = json.loads(done.stdout)
    assert {name.rpartition(".")[2] for name in loaded} <= {
        *["aws", "_version", "runtime", "opening", "settings", "profiles"]
    }
    assert stores == ["s3", "s3a"]
    assert tasks == ["extract"]
    assert made.missing == ()
    assert made.unzipped < 3_000_000
