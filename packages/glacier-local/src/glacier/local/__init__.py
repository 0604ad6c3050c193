"""Run Glacier pipelines on this machine."""

from __future__ import annotations

from glacier.local._version import __version__
from glacier.local.executor import LocalExecutor

__all__ = ["LocalExecutor", "__version__"]
