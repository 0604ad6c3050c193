"""The stands themselves: what is deployed on them runs there, and may do what its role may."""

from __future__ import annotations

import json
from typing import Any

import stand_programs as programs
from aws_stand.stand import Stand
from stand_programs import LAKE

# --- a pipeline -----------------------------------------------------------------------------------


def stored(stand: Stand, key: str) -> Any:
    """An object of the lake, read by its owner."""
    return json.loads(stand.client("s3").get_object(Bucket=LAKE, Key=key)["Body"].read())


def test_a_deployed_pipeline_runs_with_its_data_in_s3(stand: Stand) -> None:
    machine = stand.deploy(programs.pipeline)["machine"]
    done = stand.run(machine, {"run": "r1", "done": {}})
    assert (done.status, done.error) == ("SUCCEEDED", "")
    assert done.output["done"] == {"t0": {"state": "succeeded"}, "t3": {"state": "succeeded"}}
    assert done.output["both"] == {"t1": {"state": "succeeded"}, "t2": {"state": "succeeded"}}
    rows = [{"id": "1", "amount": 10.0}, {"id": "3", "amount": 5.5}]
    assert stored(stand, "gold/r1.json") == {"clean": rows, "stats": {"sum": 12.5}}
    assert stand.run(machine, {"run": "r2", "done": {}}).status == "SUCCEEDED"
