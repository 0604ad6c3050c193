"""What ``glacier data`` tells: what is stored, its versions, and the beginning of one of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Optional

import click
from click.shell_completion import CompletionItem

from glacier.core.cli.options import format_json, root
from glacier.core.cli.output import byte_size, plural, print_head, print_json, print_table
from glacier.core.cli.runs import local_time
from glacier.core.errors import GlacierError

if TYPE_CHECKING:
    from glacier.core.catalog.datasets import StoredDataset
    from glacier.core.versions import Version

__all__ = ["complete_dataset", "data", "version_data"]

_SHOWN = 20  # versions, for people


def complete_dataset(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> List[CompletionItem]:
    """The names of stored datasets, as short as tells them apart."""
    from glacier.core.catalog.datasets import list_datasets

    try:
        stored = list_datasets(ctx.params.get("root") or Path(".glacier"))
    except GlacierError:
        return []
    short = [one.address.dataset for one in stored]
    names = {
        one.address.dataset if short.count(one.address.dataset) == 1 else one.name for one in stored
    }
    names.update(f"{one.address.pipeline}/{one.address.dataset}" for one in stored if incomplete)
    return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete)]


@click.command()
@click.argument("dataset", required=False, shell_complete=complete_dataset)
@click.option("--version", metavar="ID", help="This version, rather than the newest.")
@click.option(
    "--head", "-n", type=click.IntRange(min=0), default=10, show_default=True,
    help="How many rows, items or lines to show.",
)  # fmt: skip
@root
@format_json
def data(
    dataset: Optional[str], version: Optional[str], head: int, root: Path, as_json: bool
) -> None:
    """List what is stored, or show a dataset: its versions, columns and first rows.

    DATASET is its name, or as much of STORE/PIPELINE/NAME from the end as tells it from others.
    """
    if dataset is None:
        if version is not None:
            raise click.UsageError("--version needs a DATASET.")
        _list(root, as_json=as_json)
        return
    from glacier.core.catalog.datasets import find_dataset

    stored = find_dataset(root, dataset)
    chosen = stored.newest() if version is None else stored.read(stored.choose(version))
    _show(stored, chosen, head, as_json=as_json)


def version_data(record: Version) -> Dict[str, Any]:
    """A version as JSON data; times in seconds since the epoch, sizes in bytes."""
    return {
        "version": record.version,
        "created": record.created,
        "run": record.run,
        "task": record.task,
        "rows": record.rows,
        "size": record.size,
        "format": record.format,
        "parts": len(record.parts),
        "reused_from": None if record.data == record.version else record.data,
    }


def _list(root: Path, *, as_json: bool) -> None:
    from glacier.core.catalog.datasets import list_datasets

    stored = list_datasets(root)
    newest = [one.newest() for one in stored]
    if as_json:
        facts = [
            {**_head_data(one), "versions": len(one.versions), "newest": version_data(record)}
            for one, record in zip(stored, newest)
        ]
        print_json({"datasets": facts})
        return
    if not stored:
        click.echo(f"nothing is stored below {root}")
        return
    rows = [
        (
            str(one.address),
            one.location.name,
            *_cells(record),
            str(len(one.versions)),
        )
        for one, record in zip(stored, newest)
    ]
    headers = ("dataset", "store", "newest", "made", "rows", "size", "format", "versions")
    print_table(headers, rows)


def _head_data(stored: StoredDataset) -> Dict[str, Any]:
    return {
        **stored.address._asdict(),
        "store": stored.location.name,
        "uri": stored.location.store.uri(stored.address.key),
    }


def _cells(record: Version) -> List[str]:
    rows = "" if record.rows is None else f"{record.rows:,}"
    size = byte_size(record.size) if record.parts else ""  # of a table only the database knows
    return [record.version, local_time(record.created), rows, size, record.format]


def _show(stored: StoredDataset, chosen: Version, count: int, *, as_json: bool) -> None:
    from glacier.core.catalog.heads import read_head

    head = read_head(stored.location, chosen, count) if count else None
    limit = len(stored.versions) if as_json else _SHOWN
    versions = [stored.read(one) for one in stored.versions[:limit]]
    if as_json:
        columns = [{"name": name, "type": kind} for name, kind in chosen.columns or ()]
        print_json(
            {
                "dataset": _head_data(stored),
                "versions": [version_data(one) for one in versions],
                "chosen": chosen.version,
                "columns": columns if chosen.columns is not None else None,
                "head": None if head is None else head._asdict(),
            }
        )
        return
    count_text = plural(len(stored.versions), "version")
    click.echo(f"{stored.address} in {stored.location.name}: {count_text}")
    click.echo(f"  {stored.location.store.uri(stored.address.key)}\n")
    _print_versions(versions, len(stored.versions))
    if chosen.columns is not None:
        click.echo(f"\ncolumns of {chosen.version}:")
        print_table(("name", "type"), chosen.columns)
    if head is not None:
        print_head(f"head of {chosen.version}", head)


def _print_versions(versions: List[Version], total: int) -> None:
    rows = [
        (
            *_cells(one),
            one.task,
            "" if one.data == one.version else f"reused from {one.data}",
        )
        for one in versions
    ]
    print_table(("version", "made", "rows", "size", "format", "by", ""), rows)
    if total > len(versions):
        click.echo(f"… and {total - len(versions)} more; --json has all of them")
