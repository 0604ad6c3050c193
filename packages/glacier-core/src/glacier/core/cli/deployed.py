"""The commands on runs of deployed pipelines: ``attach`` and ``logs``."""

from __future__ import annotations

import json
from typing import Any, Dict, Mapping, Optional, cast

import click

from glacier.core.cli.environments import environment_option, there
from glacier.core.cli.options import format_json, root, target
from glacier.core.cli.output import print_json, stdout_for_json
from glacier.core.cli.runs import local_time
from glacier.core.progress import MODES, progress_listener

__all__ = ["attach", "logs"]

FAILED = 1
_SAID = ("time", "level", "message")


@click.command()
@target
@click.argument("run")
@environment_option
@click.option(
    "--progress", type=click.Choice(MODES), default="auto", show_default=True,
    help="Bars on a terminal, plain lines elsewhere, or nothing; on standard error.",
)  # fmt: skip
@click.option("--history/--no-history", default=True, help="Note the run for 'glacier show'.")
@root
@format_json
@click.pass_context
def attach(ctx: click.Context, /, **given: Any) -> None:
    """Follow a run of a deployed pipeline, whoever started it; also one that is over.

    RUN is an id, the beginning of one or of its last six letters, or 'last'. Exits with 1 if a task
    fails. Ctrl-C leaves the run, which goes on.
    """
    from glacier.core.cli.summary import print_summary, run_json
    from glacier.core.history.recorder import Recorder

    with stdout_for_json(given["as_json"]):
        found = there(given["target"], given["environment"])
        shown = progress_listener(given["progress"])
        listeners: Any = [] if shown is None else [shown]
        if given["history"]:
            listeners.append(Recorder(given["root"], request={"file": given["target"]}))
        run = found.executor.attach(
            found.pipeline, found.run(given["run"]), listeners=listeners, raise_on_failure=False
        )
    if given["as_json"]:
        print_json(run_json(run, {}))
    else:
        print_summary(run, {}, noted=given["history"])
    ctx.exit(FAILED if run.state != "succeeded" else 0)


@click.command()
@target
@click.argument("run")
@click.argument("task", required=False)
@environment_option
@format_json
def logs(
    target: str, run: str, task: Optional[str], environment: Optional[str], as_json: bool
) -> None:
    """Show what the tasks of a deployed run have logged.

    RUN is an id, the beginning of one or of its last six letters, or 'last'. Without TASK it is
    the log of all tasks, and of how the run began and ended.
    """
    with stdout_for_json(as_json):
        found = there(target, environment)
        run = found.run(run)
        tasks = ["", *found.pipeline.tasks] if task is None else [task]
        found.pipeline.select(tasks[-1])  # which refuses a name that is none
        lines = [
            _read(line) for one in tasks for line in found.executor.log(found.pipeline, run, one)
        ]
    lines.sort(key=lambda line: str(line.get("time", "")))
    if as_json:
        print_json({"run": run, "lines": lines})
        return
    for line in lines:
        click.echo(_shown(line))


def _read(line: str) -> Mapping[str, Any]:
    """A line as data; what the service itself has written is no JSON."""
    try:
        found: Any = json.loads(line)
    except ValueError:
        return {"message": line}
    if not isinstance(found, dict):
        return {"message": line}
    return cast("Dict[str, Any]", found)


def _shown(line: Mapping[str, Any]) -> str:
    item = line.get("item")
    where = str(line.get("task", "")) + ("" if item is None else f"[{item}]")
    attempt = line.get("attempt", 1)
    where += f" (attempt {attempt})" if attempt not in (1, None) else ""
    message = str(line.get("message", "")).replace("\n", "\n    ")
    head = f"{_time(line.get('time'))} {line.get('level', ''):<7} "
    return f"{head}{where}: {message}" if where else f"{head}{message}"


def _time(text: object) -> str:
    """A moment as the clock here shows it."""
    from datetime import datetime, timezone

    if not isinstance(text, str):
        return ""
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")
    except ValueError:
        return text
    return local_time(moment.replace(tzinfo=timezone.utc).timestamp())
