"""What ``glacier runs`` lists: the runs that are in the history, or those of what is deployed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Optional

import click

from glacier.core.cli.environments import environment_option, there
from glacier.core.cli.options import complete_file, format_json, root
from glacier.core.cli.output import counted, print_json, print_table, seconds, stdout_for_json

if TYPE_CHECKING:
    from glacier.core.history.reader import RunRecord

__all__ = ["local_time", "run_data", "runs"]


@click.command()
@click.argument("target", metavar="[FILE[:PIPELINE]]", required=False, shell_complete=complete_file)
@environment_option
@click.option("--pipeline", metavar="NAME", help="Only runs of this pipeline.")
@click.option(
    "--limit", "-n", type=click.IntRange(min=0), default=20, show_default=True, help="0 is all."
)
@root
@format_json
def runs(
    target: Optional[str],
    environment: Optional[str],
    pipeline: Optional[str],
    limit: int,
    root: Path,
    as_json: bool,
) -> None:
    """List runs, the newest first: of the history, or, with FILE, of a deployed pipeline."""
    from glacier.core.history.reader import read_runs

    if target is not None:
        _list_deployed(target, environment, limit, as_json=as_json)
        return
    if environment is not None:
        raise click.UsageError("name the file of the pipeline that is deployed there.")

    found = read_runs(root, pipeline=pipeline, limit=limit or None)
    if as_json:
        print_json({"runs": [run_data(record) for record in found]})
        return
    rows = [
        (
            record.run_id,
            record.pipeline,
            record.state,
            local_time(record.started),
            seconds(record.duration),
            counted(record.counts) or f"{record.total} tasks",
        )
        for record in found
    ]
    print_table(("run", "pipeline", "state", "started", "took", "tasks"), rows)


def _list_deployed(target: str, environment: Optional[str], limit: int, *, as_json: bool) -> None:
    with stdout_for_json(as_json):
        pipeline, executor = there(target, environment)
        found = executor.runs(pipeline, limit=limit)
    if as_json:
        print_json({"runs": [{**one._asdict(), "phase": str(one.phase)} for one in found]})
        return
    rows = [
        (
            one.run_id,
            str(one.phase),
            local_time(one.started),
            "" if one.ended is None else seconds(one.ended - one.started),
        )
        for one in found
    ]
    print_table(("run", "state", "started", "took"), rows)


def run_data(record: RunRecord) -> Dict[str, Any]:
    """A run as JSON data; times in seconds since the epoch."""
    names = [name for name in record.__dataclass_fields__ if name not in ("tasks", "logs")]
    return {name: getattr(record, name) for name in names}


def local_time(time: Optional[float]) -> str:
    """A time in seconds since the epoch as the clock here shows it."""
    if time is None:
        return ""
    from datetime import datetime

    return datetime.fromtimestamp(time).strftime("%Y-%m-%d %H:%M:%S")
