"""Processes are for Linux and macOS; elsewhere their tests are not collected."""

from __future__ import annotations

import sys

collect_ignore_glob = ["test_processes*"] if sys.platform in ("win32", "emscripten") else []
