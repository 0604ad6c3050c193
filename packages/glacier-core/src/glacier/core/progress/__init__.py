"""Progress of a run, for the people who wait for it: live bars, or plain lines."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Optional

from glacier.core.errors import ExtensionError, UnknownName

if TYPE_CHECKING:
    from glacier.core.contracts import Listener

__all__ = ["MODES", "progress_listener"]

MODES = ("auto", "bars", "plain", "off")


def progress_listener(mode: Optional[str]) -> Optional[Listener]:
    """A listener that writes to standard error, or ``None`` for ``"off"`` and ``None``.

    ``"auto"`` is ``"bars"`` on a terminal and ``"plain"`` elsewhere, in CI too. Raises
    :class:`~glacier.core.errors.UnknownName` for another mode, and
    :class:`~glacier.core.errors.ExtensionError` for bars without rich.
    """
    if mode is None or mode == "off":
        return None
    if mode not in MODES:
        raise UnknownName(kind="progress mode", name=mode, known=MODES, where="progress")
    if mode == "plain" or (mode == "auto" and not _suits_bars()):
        from glacier.core.progress.plain import PlainProgress

        return PlainProgress()
    try:
        from glacier.core.progress.bars import BarsProgress
    except ModuleNotFoundError as error:
        raise ExtensionError(
            kind="progress",
            name=mode,
            reason=f"needs {error.name}, which is not installed",
            mend="Install it: python -m pip install 'glacier-pipeline[cli]'.",
        ) from error
    return BarsProgress()


def _suits_bars() -> bool:
    from importlib.util import find_spec

    is_terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    return is_terminal and not os.environ.get("CI") and find_spec("rich") is not None
