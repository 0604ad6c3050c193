"""What was asked for, of whatever pipeline."""

from __future__ import annotations

from typing import NamedTuple, Optional

from glacier.core.deploy.settings import Settings
from glacier.core.deploy.watching import Tell
from glacier.core.registration import Wish

__all__ = ["Asked"]


class Asked(NamedTuple):
    """``operation`` is ``deploy``, ``preview``, ``refresh`` or ``destroy``, of which only the last
    knows ``deletes_data``. ``tell`` is told each step while it happens. ``wish`` is what was said
    of the pipeline; without it, what the file itself says."""

    operation: str
    settings: Settings = Settings()
    deletes_data: bool = False
    tell: Optional[Tell] = None
    wish: Optional[Wish] = None
