"""The command ``glacier``, with one module for each of its commands.

It needs the extra ``cli``; this module alone must be importable without it, for it says so.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec

__all__ = ["main"]


def main() -> None:
    """Run the command line of this process, and end the process with its exit code."""
    missing = [name for name in ("click", "rich") if find_spec(name) is None]
    if missing:
        sys.stderr.write(
            f"The command 'glacier' needs {' and '.join(missing)}, which "
            f"{'are' if len(missing) > 1 else 'is'} not installed. "
            "To mend it, run: python -m pip install 'glacier-pipeline[cli]'\n"
        )
        sys.exit(2)
    from glacier.core.cli.app import app

    app(prog_name="glacier")
