"""A process that a stand starts, and that ends with it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Optional

__all__ = ["Process"]

_PATIENCE = 20.0


class Process:
    """A module of this Python as a process; what it writes to its errors is in ``log``, and
    what it keeps for a while beside that."""

    def __init__(
        self,
        module: str,
        *arguments: str,
        log: Path,
        environ: Optional[Mapping[str, str]] = None,
        path: Sequence[Path] = (),
    ) -> None:
        self.log = log
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        searched = [str(one) for one in path]
        if kept.get("PYTHONPATH"):
            searched.append(kept["PYTHONPATH"])
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=log.parent,
                env={
                    **kept,
                    "AWS_EC2_METADATA_DISABLED": "true",
                    "PYTHONPATH": os.pathsep.join(searched),
                    "TMPDIR": str(log.parent),
                    **(environ or {}),
                },
                start_new_session=True,
            )

    @property
    def alive(self) -> bool:
        """Whether it goes on."""
        return self._process.poll() is None

    def line(self) -> str:
        """The next line that it writes."""
        assert self._process.stdout is not None
        found = self._process.stdout.readline().decode().strip()
        if not found:
            self.close()
            raise RuntimeError(f"the stand does not start: {self.log.read_text()[-2000:]}")
        return found

    def close(self) -> None:
        """End it by the end of its input; if that does not help, kill it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
