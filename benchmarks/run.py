"""The same as ``python -m benchmarks``, from any folder: ``python benchmarks/run.py [name …]``."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)  # of the package, not inside it
    runpy.run_module("benchmarks", run_name="__main__")
