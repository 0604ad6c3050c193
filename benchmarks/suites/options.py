"""What the command line asks of the suites."""

from __future__ import annotations

from typing import NamedTuple


class Options(NamedTuple):
    """``peers`` is whether other libraries are measured too."""

    peers: bool = False
