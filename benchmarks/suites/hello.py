"""The whole process of the smallest useful file."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Iterator

from benchmarks.measure import WrongResult, processes, python
from benchmarks.suites.options import Options
from benchmarks.table import Row, difference

_ROUNDS = 15
_LIMIT_MS = 120.0
_FILE = """\
from glacier.core import Dataset, Pipeline
from glacier.local import LocalExecutor

pipeline = Pipeline(name="hello")
raw, clean, report = Dataset("raw"), Dataset("clean"), Dataset("report")

@pipeline.task()
def extract() -> raw:
    return [3, 1, 2]

@pipeline.task()
def transform(rows: raw) -> clean:
    return sorted(rows)

@pipeline.task()
def summarise(rows: clean) -> report:
    return sum(rows)

print(LocalExecutor(history=__HISTORY__).execute(pipeline)["report"])
"""


def hello(_: Options) -> Iterator[Row]:
    """A file that declares and runs three tasks, beside ``python -c pass``."""
    with TemporaryDirectory() as folder:
        files = []
        for history in (False, True):
            file = Path(folder, f"hello_{history}.py")
            told = f"{history}, root={folder!r}"
            file.write_text(_FILE.replace("__HISTORY__", told), encoding="utf-8")
            printed = python(str(file)).strip()
            if printed != "6":
                raise WrongResult(file.name, printed, "6")
            files.append((str(file),))
        bare, *found = processes([("-c", "pass"), *files], rounds=_ROUNDS)
    for seconds, how in zip(found, ("no history", "with history, the default")):
        what = f"declare and run three tasks, {how} (n={_ROUNDS})"
        yield difference(what, median(seconds) * 1e3, median(bare) * 1e3, "ms", limit=_LIMIT_MS)
