"""The same pipeline on four providers: the example runs, and only the provider's line differs."""

import difflib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Tuple

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"

FILE = """\
import glacier.aws, glacier.azure, glacier.gcp, glacier.local
from glacier.core import Dataset, Environment, Pipeline

provider = {provider}
env = Environment(provider, name="prod", tags={{"team": "sales"}})
pipeline = Pipeline("orders")
raw = Dataset("raw", storage=env.object_storage("lake", versioning=True))
shop = Dataset("shop", storage=env.database("shop"))
env.secret("crm-key")
env.serverless("call", handler="index.handler", code=..., memory=512)


@pipeline.task
def extract() -> raw:
    return [1, 2]


@pipeline.task
def load(rows: raw) -> shop:
    return [{{"number": row}} for row in rows]
"""

PROVIDERS = {
    "aws": "glacier.aws.AWSProvider(account='123456789012', region='eu-central-1')",
    "azure": "glacier.azure.AzureProvider(subscription='xyz', region='westeurope')",
    "gcp": "glacier.gcp.GCPProvider(project='acme-sales', region='europe-west3')",
    "local": "glacier.local.LocalProvider()",
}


def synthesised(file: Path) -> Dict[str, Any]:
    command = [sys.executable, "-m", "glacier.core", "synth", file.name, "--json"]
    done = subprocess.run(command, cwd=file.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: Dict[str, Any] = json.loads(done.stdout)
    return found


def changed(one: str, other: str) -> List[str]:
    """The lines of the first that the other has not."""
    return [line for line in difflib.ndiff(one.splitlines(), other.splitlines()) if line[0] == "-"]


def test_only_the_line_of_the_provider_differs(tmp_path: Path) -> None:
    texts, told = {}, {}
    for kind, provider in PROVIDERS.items():
        file = tmp_path / f"on_{kind}.py"
        texts[kind] = FILE.format(provider=provider)
        file.write_text(texts[kind], encoding="utf-8")
        told[kind] = synthesised(file)
    for kind, text in texts.items():
        if kind != "aws":
            assert changed(text, texts["aws"]) == [f"- provider = {PROVIDERS[kind]}"]
            assert told[kind]["permissions"] == told["aws"]["permissions"]
        assert told[kind]["location"]["cloud"] == kind
        declared = {row["name"] for row in told[kind]["resources"]}
        assert {"prod-lake", "prod-shop", "prod-crm-key", "prod-call"} <= declared
    assert any("'xyz'" in warning for warning in told["azure"]["warnings"])


def test_the_example_runs_here_and_shows_three_clouds(tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLES / "provider_switching.py")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    first, _, rest = done.stdout.partition("\n")
    assert (
        first
        == "[{'order': 2, 'amount': 12}, {'order': 3, 'amount': 18}, {'order': 4, 'amount': 24}]"
    )
    kinds: List[Tuple[str, str]] = [
        ("aws", "aws:s3/bucket:Bucket"),
        ("azure", "azure-native:storage:BlobContainer"),
        ("gcp", "gcp:storage/bucket:Bucket"),
    ]
    for kind, token in kinds:
        assert f"orders in {kind} ({kind} " in rest
        assert token in rest
    assert "s3cret" not in rest
