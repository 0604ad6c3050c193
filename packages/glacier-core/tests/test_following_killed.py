"""A client that is killed while it follows: the run goes on, and another client follows it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

from deployed_machine import play
from killing_follower import FolderConductor, client, deployed_shop

from glacier.core.events import Event, RunFinished, RunStarted, TaskFinished

TESTS = Path(__file__).parent


def test_a_run_whose_client_was_killed_is_followed_by_another(tmp_path: Path) -> None:
    deployed = deployed_shop(tmp_path)
    path = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(
        [sys.executable, str(TESTS / "killing_follower.py"), str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert process.stdout is not None
    try:
        run = process.stdout.readline().split()[1]

        def invoke(payload: Dict[str, Any]) -> Dict[str, Any]:
            if payload.get("task") == "add":  # it has told of the first task, and dies
                assert process.stdout is not None
                lines = iter(process.stdout.readline, "")
                assert "TaskFinished\n" in lines
                process.kill()
                process.wait(60)
            return deployed.invoke(payload)

        request = json.loads((tmp_path / "service" / f"{run}.started").read_text())
        play(deployed.plan, invoke, request)
    finally:
        process.kill()
        process.wait(60)
        process.stdout.close()

    events: List[Event] = []
    (listed,) = FolderConductor(tmp_path).runs(10)
    done = client(tmp_path).attach(listed.run_id, listeners=[events.append])

    assert (done.run_id, done.state, done["total"]) == (run, "succeeded", 6)
    assert [type(event) for event in (events[0], events[-1])] == [RunStarted, RunFinished]
    ended = [event.step.task for event in events if isinstance(event, TaskFinished)]
    assert ended == ["extract", "add"]
