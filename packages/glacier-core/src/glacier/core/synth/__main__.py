"""The process of one synthesis: ``python -m glacier.core.synth FILE:PIPELINE ENV PROVIDER``."""

from __future__ import annotations

import json
import os
import sys

from glacier.core.synth.sources import answer

__all__ = ["main"]


def main() -> None:
    """Print the synthesis as JSON; what the file prints goes to standard error."""
    out = os.dup(1)
    os.dup2(2, 1)
    code, told = answer(*sys.argv[1:4])
    with open(out, "w", encoding="utf-8") as stream:
        json.dump(told, stream)
    sys.exit(code)


if __name__ == "__main__":
    main()
