"""The process of MiniStack, which ends when its input does: with the tests, however they end."""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading

__all__ = ["main"]


def main() -> None:
    """Be MiniStack until the input ends."""
    threading.Thread(target=_end_with_the_input, daemon=True).start()
    runpy.run_module("ministack", run_name="__main__", alter_sys=True)


def _end_with_the_input() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
