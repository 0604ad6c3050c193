"""The process of one operation: it is asked on standard input, and answers on standard output."""

from __future__ import annotations

import os
import pickle
import sys
from typing import Any

from glacier.core.deploy.record import Step
from glacier.core.deploy.sources import operate_on_file
from glacier.core.deploy.text import line_of
from glacier.core.errors import GlacierError

__all__ = ["main"]

_INTERRUPTED = 130


def main() -> None:
    """Do what is asked; what the file prints goes to standard error, as the steps do."""
    target, environment, provider, asked = pickle.load(sys.stdin.buffer)
    out = os.dup(1)
    os.dup2(2, 1)
    told: Any
    try:
        asked = asked._replace(tell=_tell)
        told = operate_on_file(target, environment, asked, provider=provider)
    except GlacierError as error:
        told = error
    except KeyboardInterrupt:  # who asked was interrupted too
        sys.exit(_INTERRUPTED)
    with open(out, "wb") as stream:
        pickle.dump(told, stream)


def _tell(step: Step) -> None:
    sys.stderr.write(f"{line_of(step)}\n")


if __name__ == "__main__":
    main()
