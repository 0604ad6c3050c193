"""What the tests of versions write, and how they read it again."""

from __future__ import annotations

from pathlib import Path
from typing import Any, List, Sequence

from glacier.core.contracts import Store
from glacier.core.versions import Address, Draft, Part, Version, commit, fetch, put_part

__all__ = ["CLEAN", "RAW", "draft_of", "put_texts", "run_id", "texts", "write"]

RAW = Address("etl", "raw")
CLEAN = Address("etl", "clean")


def run_id(number: int) -> str:
    """A run id; a greater number is a later one."""
    return f"20260131T120000.{number:06}Z-9f3a1c"


def draft_of(number: int, address: Address = RAW, *, attempt: int = 1) -> Draft:
    return Draft(address, run_id(number), f"make-{address.dataset}", attempt)


def put_texts(store: Store, draft: Draft, contents: Sequence[str]) -> List[Part]:
    """Each text as a part."""
    parts: List[Part] = []
    for number, content in enumerate(contents):
        path = store.stage("txt")
        Path(path).write_bytes(content.encode())
        parts.append(put_part(store, draft, number, path, rows=len(content)))
    return parts


def write(
    store: Store, number: int, address: Address = RAW, *contents: str, **options: Any
) -> Version:
    """A committed version of a run with these texts, or with one that names the run."""
    draft = draft_of(number, address, attempt=options.pop("attempt", 1))
    parts = put_texts(store, draft, contents or [f"{address.dataset} {number}"])
    return commit(store, draft, parts, format="text", **options)


def texts(store: Store, version: Version) -> List[str]:
    return [Path(path).read_text(encoding="utf-8") for path in fetch(store, version)]
