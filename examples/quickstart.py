"""How large are penguins? From a CSV file with 344 of them to a table of three species.

Run it with ``python examples/quickstart.py``: it needs Python 3.8 or newer, and only Glacier.
"""

import csv
import sys
from pathlib import Path
from statistics import mean
from typing import Dict, List, NamedTuple, Tuple

from glacier.core import Dataset, Pipeline
from glacier.local import LocalExecutor

if sys.version_info >= (3, 9):
    from typing import Annotated
else:
    from typing_extensions import Annotated

CSV = Path(__file__).parent / "data" / "penguins.csv"


class Penguin(NamedTuple):
    species: str
    island: str
    flipper: int  # mm
    mass: int  # g


class Species(NamedTuple):
    name: str
    penguins: int
    flipper: float
    mass: float


# A dataset has a name; each of these aliases joins it with the type of its value.
Rows = Annotated[List[Dict[str, str]], Dataset("rows")]
Penguins = Annotated[List[Penguin], Dataset("penguins")]
Homes = Annotated[List[Tuple[str, str]], Dataset("homes")]
Table = Annotated[str, Dataset("table")]

# These two are mapped: some tasks see the list, others one item of it.
groups = Dataset("groups")
species = Dataset("species")

pipeline = Pipeline(name="penguins")


@pipeline.task
def read() -> Rows:
    with CSV.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pipeline.task  # "since" names no dataset, so it is a parameter of the run
def clean(rows: Rows, since: int = 2007) -> Penguins:
    return [
        Penguin(
            row["species"], row["island"], int(row["flipper_length_mm"]), int(row["body_mass_g"])
        )
        for row in rows
        if row["body_mass_g"] != "NA" and int(row["year"]) >= since
    ]


@pipeline.task
def split(penguins: Penguins) -> Annotated[List[List[Penguin]], groups]:
    names = sorted({penguin.species for penguin in penguins})
    return [[penguin for penguin in penguins if penguin.species == name] for name in names]


@pipeline.task  # ".each": it runs once per group, and its results come together in a list
def measure(group: Annotated[List[Penguin], groups.each]) -> Annotated[Species, species]:
    flipper = mean(penguin.flipper for penguin in group)
    mass = mean(penguin.mass for penguin in group)
    return Species(group[0].species, len(group), flipper, mass)


@pipeline.task
def locate(penguins: Penguins) -> Homes:
    return sorted({(penguin.species, penguin.island) for penguin in penguins})


@pipeline.task
def tabulate(measured: Annotated[List[Species], species], homes: Homes) -> Table:
    line = "{:<11}{:>8}{:>12}{:>9}  {}".format
    lines = [line("species", "penguins", "flipper mm", "mass g", "islands")]
    for one in measured:
        islands = ", ".join(island for name, island in homes if name == one.name)
        lines.append(line(one.name, one.penguins, round(one.flipper), round(one.mass), islands))
    return "\n".join(lines)


run = LocalExecutor().execute(pipeline)
print(run["table"], run, sep="\n\n")
