"""Errors about files: one that should hold a pipeline, and the history of runs."""

from __future__ import annotations

from glacier.core.errors._base import GlacierError
from glacier.core.errors._request import RequestError

__all__ = ["FileRaised", "HistoryError", "LoadError"]


class LoadError(RequestError):
    """A file or module from which no pipeline can be taken."""

    def __init__(self, *, target: str, reason: str, mend: str = "") -> None:
        super().__init__(f"{target}: {reason}.{f' {mend}' if mend else ''}")


class FileRaised(LoadError):
    """A file that raised while it was loaded; ``trace`` is the traceback of its own frames."""

    def __init__(self, *, target: str, trace: str, mend: str = "") -> None:
        self.trace = trace
        self.mend = mend
        super().__init__(target=target, reason=f"it raised while it was loaded\n\n{trace.rstrip()}")

    def __str__(self) -> str:  # a traceback ends with the error's text, not with a full stop
        return str(self.args[0])[:-1] + (f"\n\n{self.mend}" if self.mend else "")


class HistoryError(GlacierError):
    """A history of runs that cannot be read or written, or that lacks what was asked for."""

    def __init__(self, *, path: object, reason: str, mend: str) -> None:
        super().__init__(f"{path}: {reason}. {mend}")
