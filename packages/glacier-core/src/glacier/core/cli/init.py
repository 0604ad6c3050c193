"""What ``glacier init DIR`` writes: a small project that runs and passes its own test."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from glacier.core.errors import LoadError

__all__ = ["init"]


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
def init(folder: Path) -> None:
    """Begin a project in DIR, which is made if it is not there. No file is overwritten."""
    taken = [name for name in FILES if (folder / name).exists()]
    if taken:
        raise LoadError(
            target=str(folder),
            reason=f"{', '.join(taken)} {'is' if len(taken) == 1 else 'are'} already there",
            mend="Choose another folder; nothing was written.",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in FILES.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.FileError(str(folder), str(error.strerror)) from error
    click.echo(f"wrote {', '.join(FILES)} in {folder}. To go on:\n")
    click.echo(f"  cd {folder}\n  glacier run pipeline.py\n  python -m pytest")


_PIPELINE = '''\
"""Orders: what each country bought."""

import csv
from pathlib import Path
from typing import Annotated, Dict, List

from glacier.core import Dataset, Pipeline

HERE = Path(__file__).parent

# The type of each dataset stands beside it: type checkers see the type, Glacier the dataset.
Orders = Annotated[List[Dict[str, str]], Dataset("orders")]
Paid = Annotated[List[Dict[str, str]], Dataset("paid")]
Totals = Annotated[Dict[str, float], Dataset("totals")]

pipeline = Pipeline("orders")


@pipeline.task
def read_orders(file: str = "orders.csv") -> Orders:
    with open(HERE / file, newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@pipeline.task
def keep_paid(orders: Orders) -> Paid:
    return [order for order in orders if order["paid"] == "yes"]


@pipeline.task
def add_up(paid: Paid) -> Totals:
    totals: Dict[str, float] = {}
    for order in paid:
        country = order["country"]
        totals[country] = totals.get(country, 0.0) + float(order["amount"])
    return totals
'''

if sys.version_info < (3, 9):
    _PIPELINE = _PIPELINE.replace("import Annotated, Dict", "import Dict").replace(
        "from glacier.core import",
        "from typing_extensions import Annotated\n\nfrom glacier.core import",
    )

_TEST = '''\
"""Tests of the pipeline: of one function, of a part, and of the whole."""

from glacier.core.testing import run

from pipeline import keep_paid, pipeline


def test_a_task_is_a_function() -> None:
    assert keep_paid([{"paid": "no"}, {"paid": "yes"}]) == [{"paid": "yes"}]


def test_only_what_follows_from_the_given_dataset_runs() -> None:
    orders = [{"country": "IS", "amount": "2.5", "paid": "yes"}] * 2
    assert run(pipeline, inputs={"orders": orders})["totals"] == {"IS": 5.0}


def test_the_whole_pipeline() -> None:
    assert run(pipeline)["totals"] == {"IS": 30.0, "NO": 12.5}
'''

_ORDERS = """\
country,amount,paid
IS,10.0,yes
NO,12.5,yes
NO,99.0,no
IS,20.0,yes
"""

_README = """\
# Orders

    glacier check pipeline.py
    glacier run pipeline.py --param file=orders.csv
    glacier runs
    python -m pytest

`pipeline.py` declares the datasets and tasks, `test_pipeline.py` tests them.
"""

FILES = {
    "pipeline.py": _PIPELINE,
    "test_pipeline.py": _TEST,
    "orders.csv": _ORDERS,
    "README.md": _README,
    "requirements.txt": "glacier-pipeline[local]\npytest\n",
    ".gitignore": ".glacier/\n__pycache__/\n",
}
