"""The file that is deployed on the stands, and a module beside it."""

from __future__ import annotations

from deployed_pipelines import PROVIDER

__all__ = ["FLOW", "PLANTED", "PRICES"]

PLANTED = "pl4nted-v4lue"

FLOW = f"""
from typing import Annotated

from glacier.aws import AWSProvider
from glacier.core import Dataset, Environment, Pipeline, Secret
from prices import price

env = Environment({PROVIDER}, name="prod")
lake = env.object_storage("lake")
env.secret("crm-key")
pipeline = Pipeline("etl")
raw, gold = Dataset("raw", storage=lake), Dataset("gold", storage=lake)
clean, stats, priced, enough, report = map(
    Dataset, ["clean", "stats", "priced", "enough", "report"]
)


@pipeline.task
def extract(n: int = 3) -> raw:
    return list(range(-1, n))


@pipeline.task(name="clean")
def tidy(rows: raw) -> clean:
    return [row for row in rows if row >= 0]


@pipeline.task(name="stats")
def count(rows: raw, key: Annotated[str, Secret("crm-key")]) -> stats:
    print("asked with", key)
    return {{"rows": len(rows), "key": len(key)}}


@pipeline.task
def value(row: clean.each) -> priced:
    return price(row)


@pipeline.task
def decide(found: stats) -> enough:
    return found["rows"] > 3


@pipeline.task
def load(rows: priced, found: stats) -> gold:
    return {{"prices": rows, **found}}


@pipeline.task(when=enough)
def tell(found: gold) -> report:
    return f"{{found['rows']}} rows"
"""
PRICES = "def price(row):\n    return row * 10\n"
