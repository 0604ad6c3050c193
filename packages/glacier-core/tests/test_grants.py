"""Grants: each task may do what its annotations say, and nothing else."""

from __future__ import annotations

import sys

from glacier.core import Dataset, External, ObjectStorage, Pipeline, Secret
from glacier.core.grants import Grant
from glacier.core.synth.permissions import permissions

if sys.version_info >= (3, 9):
    from typing import Annotated
else:
    from typing_extensions import Annotated


def test_a_task_may_read_and_write_what_it_is_annotated_with() -> None:
    pipeline, flag, middle = Pipeline("etl"), Dataset("flag"), Dataset("middle")
    landing = Dataset("landing", storage=External("https://me:s3cret@host/a.json"))
    gold = Dataset("gold", storage=ObjectStorage("lake"), publish="exports/gold.json")

    @pipeline.task
    def decide(rows: landing, again: landing) -> flag:
        return bool(rows)

    @pipeline.task(when=flag)
    def extract(rows: landing, key: Annotated[str, Secret("crm")]) -> middle:
        return rows

    @pipeline.task
    def load(rows: middle) -> gold:
        return rows

    found = permissions(pipeline.plan(), pipeline.graph())
    outside = "External('https://***@host/a.json')"
    assert found == [
        Grant("decide", "read", "dataset", "landing", outside),
        Grant("decide", "write", "dataset", "flag", "workspace"),
        Grant("extract", "read", "dataset", "landing", outside),
        Grant("extract", "read", "secret", "crm"),
        Grant("extract", "write", "dataset", "middle", "workspace"),
        Grant("load", "read", "dataset", "middle", "workspace"),
        Grant("load", "write", "dataset", "gold", "ObjectStorage('lake')"),
        Grant("load", "write", "publication", "gold", "exports/gold.json"),
    ]


def test_the_address_of_a_publication_shows_no_password() -> None:
    pipeline = Pipeline("etl")
    gold = Dataset("gold", storage=ObjectStorage("a"), publish="postgresql://me:s3cret@host/d#t")

    @pipeline.task
    def load() -> gold:
        return [1]

    *_, publication = permissions(pipeline.plan(), pipeline.graph())
    assert publication.storage == "postgresql://***@host/d#t"
