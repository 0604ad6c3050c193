"""What a synthesis costs on each cloud: its start, and each resource; and importing the package."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Iterator

from benchmarks.measure import WrongResult, processes, python
from benchmarks.suites.options import Options
from benchmarks.table import Row, difference, figure

_ROUNDS = 5
_DATASETS = 100
_LIMIT_IMPORT_MS = 60.0
_LIMIT_START_S = 1.5
_LIMIT_RESOURCE_MS = 12.0
_CLOUDS = {
    "aws": "AWSProvider(account='123456789012', region='eu-central-1')",
    "azure": "AzureProvider(subscription='12345678-90ab-cdef-1234-567890abcdef', region='uksouth')",
    "gcp": "GCPProvider(project='my-project', region='europe-west1')",
}
_FILE = """\
from glacier.core import Dataset, Environment, Pipeline
from glacier.{cloud} import {name}

env = Environment({provider}, name="prod")
env.database("shop")
env.secret("key")
env.serverless("call", handler="index.handler", code=...)
pipeline = Pipeline("large")


def declare(number):
    dataset = Dataset(f"data_{{number}}", storage=env.object_storage(f"lake_{{number}}"))

    @pipeline.task(name=f"task_{{number}}")
    def task() -> dataset:
        return [number]


for number in range({datasets}):
    declare(number)
"""


def clouds(_: Options) -> Iterator[Row]:
    """Each cloud that is installed: ``import``, a synthesis of four resources, and one of many."""
    for cloud, provider in _CLOUDS.items():
        if find_spec(f"glacier.{cloud}") is None:
            yield Row(f"glacier-{cloud} is not installed", "")
            continue
        yield from _of(cloud, provider)


def _of(cloud: str, provider: str) -> Iterator[Row]:
    name = provider.partition("(")[0]
    statement = f"from glacier.{cloud} import {name}"
    bare, imported = processes([("-c", "pass"), ("-c", statement)], rounds=3 * _ROUNDS)
    what = f"{statement} (n={3 * _ROUNDS})"
    limit = _LIMIT_IMPORT_MS
    yield difference(what, median(imported) * 1e3, median(bare) * 1e3, "ms", limit=limit)
    code = f"import sys; {statement}; print('pulumi' in sys.modules)"
    if python("-c", code).strip() != "False":
        raise WrongResult(statement, "imports pulumi", "does not")
    with TemporaryDirectory() as folder:
        commands, counts = [], []
        for datasets in (1, _DATASETS):
            file = Path(folder, f"with_{datasets}.py")
            text = _FILE.format(cloud=cloud, name=name, provider=provider, datasets=datasets)
            file.write_text(text, encoding="utf-8")
            commands.append(("-m", "glacier.core", "synth", str(file), "--json"))
            counts.append(len(json.loads(python(*commands[-1]))["resources"]))
        small, large = (median(seconds) for seconds in processes(commands, rounds=_ROUNDS))
    what = f"glacier synth on {cloud}, {counts[0]} resources, one of each kind (n={_ROUNDS})"
    yield figure(what, small, "s", bare=None, limit=_LIMIT_START_S)
    more = counts[1] - counts[0]
    what = f"glacier synth on {cloud}, each of {more} resources more (n={_ROUNDS})"
    yield figure(what, (large - small) / more * 1e3, "ms", bare=None, limit=_LIMIT_RESOURCE_MS)
