"""What ``glacier resume RUN`` does: a run that did not succeed, gone on from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List, Mapping, Optional

import click

from glacier.core.cli.execution import How, Request, carry_out, execution
from glacier.core.cli.explain import wants_explanation
from glacier.core.cli.options import complete_file, complete_run, format_json
from glacier.core.errors import CannotResume

if TYPE_CHECKING:
    from glacier.core.history.reader import RunRecord

__all__ = ["resume"]


@click.command()
@click.argument("run", shell_complete=complete_run)
@click.option(
    "--file", metavar="FILE[:PIPELINE]", shell_complete=complete_file,
    help="Where the pipeline is now, if not where it was.",
)  # fmt: skip
@execution
@wants_explanation
@format_json
@click.pass_context
def resume(
    ctx: click.Context, run: str, file: Optional[str], how: How, explains: bool, as_json: bool
) -> None:
    """Go on from a run that did not succeed.

    The file, its parameters and the selection are those of that run; what it read, this one reads
    too, and what it has done is not repeated. RUN is as for 'glacier show'. Exits with 1 if a task
    fails.
    """
    from glacier.core.history.reader import read_run

    request = _request(read_run(how.root, run), file)
    carry_out(ctx, request, how, explains=explains, as_json=as_json)


def _request(record: RunRecord, file: Optional[str]) -> Request:
    """What that run was asked for, with the run to go on from."""
    if record.state == "succeeded":
        mend = "There is nothing left to do; 'glacier run' runs it anew."
        raise CannotResume(run=record.run_id, reason="it succeeded", mend=mend)
    if record.state == "running":
        reason = f"it is still running, on {record.host} in process {record.pid}"
        mend = "Wait for its end, or stop it first."
        raise CannotResume(run=record.run_id, reason=reason, mend=mend)
    known: Mapping[str, Any] = record.request
    found = file if file is not None else known.get("file")
    if not isinstance(found, str):
        reason = "the history does not tell which file it ran"
        mend = f"Name the file with --file, or call execute(pipeline, resume={record.run_id!r})."
        raise CannotResume(run=record.run_id, reason=reason, mend=mend)
    params: Mapping[str, str] = known.get("params") or {}
    select: List[str] = known.get("select") or []
    return Request(found, params, select, resume=record.run_id)
