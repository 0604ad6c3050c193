"""Processes are for Linux and macOS; elsewhere their tests are not collected."""

from __future__ import annotations

import signal
import sys

collect_ignore_glob = ["test_processes*"] if sys.platform in ("win32", "emscripten") else []

# A shell that starts the tests in the background has SIGINT ignored, and what they start inherits
# that: no test of Ctrl-C would end.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
