"""The command line: which suites to run, and whether a missed limit fails."""

from __future__ import annotations

import argparse
import sys
from typing import Iterator

from benchmarks import machine
from benchmarks.suites import SUITES, Options
from benchmarks.table import Row, render, summary


def main() -> int:
    """Run the named suites, print one table each; 1 with ``--check`` and a missed limit, else 0."""
    arguments = _parser().parse_args()
    unknown = [name for name in arguments.names if name not in SUITES]
    if unknown:
        sys.exit(f"no benchmark {', '.join(unknown)}; there are: {', '.join(SUITES)}")
    print(machine.describe(), flush=True)
    rows: list[Row] = []
    for name in arguments.names or [name for name in SUITES if not SUITES[name].on_demand]:
        rows.extend(_run(name, Options(peers=arguments.peers)))
    print("\n" + summary(rows))
    return int(arguments.check and any(row.ok is False for row in rows))


def _run(name: str, options: Options) -> Iterator[Row]:
    suite = SUITES[name]
    rows = list(suite.measure(options))
    print(f"\n{name}: {suite.title}\n\n{render(rows)}", flush=True)
    yield from rows


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure what Glacier costs, beside the bare standard library.",
        epilog="; ".join(f"{name}: {title}" for name, (title, *_) in SUITES.items()),
    )
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(SUITES))
    parser.add_argument("--check", action="store_true", help="exit with 1 if a limit is missed")
    parser.add_argument("--peers", action="store_true", help="measure Hamilton too, if installed")
    return parser


if __name__ == "__main__":
    sys.exit(main())
