"""The main example has a file beside it that says where it runs, and nothing of it changes."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def test_it_is_synthesised_for_aws(tmp_path: Path) -> None:
    target = str(EXAMPLES / "flights_on_aws.py")
    command = [sys.executable, "-m", "glacier.core", "synth", target, "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    functions = [row for row in told["resources"] if row["type"].endswith(":Function")]
    assert len(functions) == 14  # one begins runs
    assert {one["storage"] for one in told["permissions"]} == {"workspace"}


def test_what_its_functions_need_is_what_the_example_needs() -> None:
    project = tomllib.loads((EXAMPLES.parent / "pyproject.toml").read_text(encoding="utf-8"))
    needs = project["dependency-groups"]["example"]
    script = (EXAMPLES / "flights_on_aws.py").read_text(encoding="utf-8")
    assert f"# dependencies = {json.dumps(needs)}\n" in script
