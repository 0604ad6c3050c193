"""A pipeline from its file to its results: deployed by its own program, run by what that made."""

from __future__ import annotations

from collections.abc import Callable

from deployed_flow import PLANTED
from deployed_pipelines import Deployed


def test_a_file_becomes_results(deployed: Callable[..., Deployed]) -> None:
    one = deployed()
    ran = one.run(params={"n": "3"})
    assert (ran.execution.status, ran.execution.cause) == ("SUCCEEDED", "")
    assert set(ran.states.values()) == {"succeeded"}
    expected = {
        "raw": [-1, 0, 1, 2],
        "clean": [0, 1, 2],
        "stats": {"rows": 4, "key": len(PLANTED)},
        "priced": [0, 10, 20],
        "enough": True,
        "gold": {"prices": [0, 10, 20], "rows": 4, "key": len(PLANTED)},
        "report": "4 rows",
    }
    assert {name: one.shelf(name).read(ran.id) for name in expected} == expected
    buckets = {name: one.shelf(name).place.partition("/etl/")[0] for name in expected}
    assert buckets["raw"] == buckets["gold"] != buckets["clean"] == buckets["report"]

    fewer = one.run(params={"n": "1"})
    assert fewer.execution.status == "SUCCEEDED"
    assert fewer.states["tell"] == "skipped"
    latest = {name: one.shelf(name).latest() for name in ("gold", "report")}
    assert {name: kept and kept.version for name, kept in latest.items()} == {
        "gold": fewer.id,
        "report": ran.id,
    }
