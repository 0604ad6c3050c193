"""The command itself: its commands, and what becomes of errors and of Ctrl-C.

====  ==========================================================================================
code  meaning
====  ==========================================================================================
0     all is well
1     the run failed, or the task that was replayed; of ``check``: it found problems; of
      ``synth --diff``: something has changed; of ``deploy`` and its like: not all was done
2     the command, the file, the definition or the request is wrong, and nothing ran
130   interrupted by Ctrl-C
143   ended by SIGTERM
====  ==========================================================================================
"""

from __future__ import annotations

from typing import Any

import click

from glacier.core._version import __version__
from glacier.core.cli import (
    check,
    data,
    deployed,
    deploying,
    gc,
    graph,
    init,
    lineage,
    permissions,
    replay,
    resume,
    run,
    runs,
    show,
    synth,
)
from glacier.core.cli.output import print_json, problem_data
from glacier.core.cli.signals import Terminated
from glacier.core.errors import GlacierError

__all__ = ["app"]

WRONG, INTERRUPTED, TERMINATED = 2, 130, 143


class App(click.Group):
    """A group that turns what Glacier raises into messages and exit codes."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except GlacierError as error:
            if ctx.meta.get("glacier.json"):
                print_json({"problems": [problem_data(one) for one in error.problems]})
            else:
                click.echo(f"{click.style('Error:', fg='red')} {error}", err=True)
            ctx.exit(WRONG)
        except Terminated:
            click.echo("Terminated.", err=True)
            ctx.exit(TERMINATED)
        except KeyboardInterrupt as error:
            click.echo(f"Interrupted. {error}".strip(), err=True)
            ctx.exit(INTERRUPTED)


@click.group(cls=App, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="glacier-pipeline %(version)s")
def app() -> None:
    """Run, check, draw and deploy data pipelines, and look at their runs.

    Exit codes: 0 all is well, 1 the run failed or a check found problems, 2 nothing could run,
    130 interrupted, 143 terminated.
    """


for command in (
    run.run,
    resume.resume,
    replay.replay,
    check.check,
    graph.graph,
    synth.synth,
    permissions.permissions,
    deploying.preview,
    deploying.deploy,
    deploying.refresh,
    deploying.destroy,
    runs.runs,
    deployed.attach,
    deployed.logs,
    show.show,
    data.data,
    lineage.lineage,
    gc.gc,
    init.init,
):
    app.add_command(command)
