"""What ``glacier gc`` does: removes what nothing needs from all stores of a root."""

from __future__ import annotations

import re
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Set

import click

from glacier.core.cli.options import format_json, root
from glacier.core.cli.output import byte_size, plural, print_json
from glacier.core.errors import StoreError

if TYPE_CHECKING:
    from glacier.core.catalog.clearing import Cleared
    from glacier.core.stores.locks import Hold

__all__ = ["gc"]

_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_MOST = 36_500 * 86400.0


def _duration(ctx: click.Context, param: click.Parameter, value: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)\s*(s|min|h|d|w)", value.strip())
    if found is None:
        raise click.BadParameter(f"{value!r} is no duration: write 90s, 30min, 12h, 1.5d or 2w.")
    return timedelta(seconds=min(float(found[1]) * _SECONDS[found[2]], _MOST))


@click.command()
@click.option("--dry-run", is_flag=True, help="Tell what would go, and remove nothing.")
@click.option(
    "--keep", metavar="N", type=click.IntRange(min=1),
    help="How many versions of each dataset stay, whatever their retain= says.",
)  # fmt: skip
@click.option(
    "--grace", metavar="DURATION", callback=_duration, default="1d", show_default=True,
    help="What is younger than this stays: 90s, 30min, 12h, 1d, 2w.",
)  # fmt: skip
@root
@format_json
def gc(dry_run: bool, keep: Optional[int], grace: timedelta, root: Path, as_json: bool) -> None:
    """Remove stored versions that nothing needs.

    Of each dataset the newest 10 versions stay, or as many as its retain= says; and whatever a
    version that stays was made from, what runs of the last seven days have read, and what a run
    that is under way reads or writes.
    """
    from glacier.core.catalog.clearing import clear
    from glacier.core.catalog.locations import locations

    places = locations(root)
    with _alone(root) if places and not dry_run else nullcontext():
        done = list(clear(places, keep=keep, grace=grace, live=_live(root), dry_run=dry_run))
    if as_json:
        print_json({"dry_run": dry_run, "stores": [_json(one) for one in done]})
        return
    if not places:
        click.echo(f"nothing is stored below {root}")
    for one in done:
        _print(one, dry_run=dry_run)


def _alone(root: Path) -> Hold:
    """Keep other collectors away."""
    from glacier.core.stores.locks import try_hold

    held = try_hold(str(root / "gc.lock"))
    if held is None:
        reason = "another 'glacier gc' is at work there"
        raise StoreError(where=str(root), reason=reason, mend="Wait for its end.")
    return held


def _live(root: Path) -> Set[str]:
    """The runs that are under way."""
    from glacier.core.history.database import history_file
    from glacier.core.history.reader import read_runs

    if not history_file(root).is_file():
        return set()
    return {one.run_id for one in read_runs(root) if one.state == "running"}


def _json(one: Cleared) -> Dict[str, Any]:
    found = one.collected
    return {
        "store": one.location.name,
        "versions": [reference.to_json() for reference in found.versions],
        "drafts": [reference.to_json() for reference in found.drafts],
        "runs": list(found.runs),
        "files": len(found.keys),
        "size": found.size,
        "swept": list(one.swept),
    }


def _print(one: Cleared, *, dry_run: bool) -> None:
    found = one.collected
    parts: List[str] = [
        plural(len(some), noun)
        for some, noun in (
            (found.versions, "version"),
            (found.drafts, "unfinished version"),
            (found.runs, "run record"),
            (one.swept, "temporary folder"),
        )
        if some
    ]
    verb = "would remove" if dry_run else "removed"
    if not parts and not found.keys:
        click.echo(f"{one.location.name}: nothing to remove")
        return
    what = ", ".join(parts) or plural(len(found.keys), "file")
    click.echo(f"{one.location.name}: {verb} {what} ({byte_size(found.size)})")
    for reference in (*found.versions, *found.drafts):
        click.echo(f"  {reference.address} {reference.version}")
