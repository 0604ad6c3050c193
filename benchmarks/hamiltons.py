"""Hamilton, the fastest of the peers, in its default and its threaded form; if it is installed."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Any

from benchmarks.sources import Source

INSTALLED = find_spec("hamilton") is not None


class Hamilton:
    """A driver over the module; ``workers`` threads, or one task after the other."""

    def __init__(self, source: Source, *, workers: int | None = None) -> None:
        os.environ["HAMILTON_TELEMETRY_ENABLED"] = "false"
        self.source = source
        self.workers = workers
        self.expected = source.graph.expected

    def build(self) -> Any:
        from hamilton import base, driver

        builder = driver.Builder().with_modules(self.source.module)
        if self.workers is None:
            return builder.with_adapters(base.DictResult()).build()
        from hamilton.plugins.h_threadpool import FutureAdapter

        return builder.with_adapters(FutureAdapter(max_workers=self.workers)).build()

    def execute(self, built: Any, /) -> Any:
        output = self.source.graph.output
        return built.execute([output])[output]
