"""What ``glacier permissions FILE`` shows: who may do what, of a pipeline in a cloud."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Optional

import click

from glacier.core.cli.environments import environment_option
from glacier.core.cli.options import format_json, target
from glacier.core.cli.output import print_json, print_table, stdout_for_json

if TYPE_CHECKING:
    from glacier.core.synth import Synth

__all__ = ["permissions"]


@click.command()
@target
@environment_option
@click.option(
    "--deployer", is_flag=True,
    help="The policies of the identity that deploys it, as JSON that the cloud takes.",
)  # fmt: skip
@format_json
def permissions(target: str, environment: Optional[str], deployer: bool, as_json: bool) -> None:
    """Show what each task of a pipeline may do, or who deploys it; no cloud is needed."""
    from glacier.core.synth import synth_file

    with stdout_for_json(as_json):
        found = synth_file(target, environment)
    if deployer:
        _print_deployer(found, as_json=as_json)
    elif as_json:
        print_json({"permissions": [one.to_json() for one in found.permissions]})
    else:
        rows = [
            (one.task, one.access, one.kind, one.name, one.storage) for one in found.permissions
        ]
        print_table(("task", "may", "", "", "where"), rows)


def _print_deployer(found: Synth, *, as_json: bool) -> None:
    from glacier.core.registry import load

    location = found.location
    kind: Any = load("glacier.providers", location.cloud) if location.cloud else None
    if not hasattr(kind, "deployer_policies"):
        where = location.cloud or "no environment"
        raise click.UsageError(f"what a deployment to {where} needs is not known here.")
    documents, unknown = kind.deployer_policies(found.resources, location)
    if as_json:
        print_json({"policies": list(documents), "unknown": list(unknown)})
        return
    for one in unknown:
        text = f"{click.style('Warning:', fg='yellow')} it is not known what {one} needs."
        click.echo(text, err=True)
    for document in documents:
        click.echo(json.dumps(document, indent=2))
