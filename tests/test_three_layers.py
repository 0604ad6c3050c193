"""The example of the three layers runs without a cloud, and shows what it would be in one."""

import re
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
# pulumi-aws warns of its own parts while it is imported, and pulumi uses what Python 3.12 warns of;
# these are how such texts begin.
QUIET = ("aws.", "s3.", "There is no current event loop")
STRICT = ["-Werror", *[f"-Wignore:{text}:DeprecationWarning" for text in QUIET]]


def test_it_runs_here_and_is_synthesised_for_aws(tmp_path: Path) -> None:
    command = [sys.executable, *STRICT, str(EXAMPLES / "three_layers.py")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    first, _, told = done.stdout.partition("\n")
    assert first == "{'orders': 2, 'amount': 42}"
    assert told.startswith("orders in prod (aws 123456789012 eu-central-1)")
    expected = r"summarise +write +dataset +report +aws:s3/bucket:Bucket archive"
    assert re.search(expected, told)
    assert (tmp_path / ".glacier" / "storage" / "archive").is_dir()
