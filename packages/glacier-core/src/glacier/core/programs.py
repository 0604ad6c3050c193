"""Whether a Pulumi program is running here, and what Glacier executes a user's file for.

Whatever asks imports no part of pulumi: what is not imported cannot be running.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Dict, Generator, List, Optional, Tuple

__all__ = ["Session", "in_program", "opened", "project_name", "session"]


def in_program() -> bool:
    """Whether a resource that is made now is registered: by an engine, or by mocks.

    Under plain Python, pulumi takes resources too, and tells nobody of them.
    """
    return _setting("monitor") is not None


def project_name() -> Optional[str]:
    """The name of the running program's project; ``None`` outside one."""
    return str(_setting("project")) if in_program() else None


def _setting(name: str) -> Any:
    module = sys.modules.get("pulumi.runtime.settings")
    return getattr(getattr(module, "SETTINGS", None), name, None)


class Session:
    """One execution of a user's file by Glacier, to see what it registers.

    It is for the pipeline of that name. ``environment`` and ``provider`` name the environment that
    is wanted, all of them where they are ``None``. Environments enter themselves as they are made.
    ``told`` are rows from providers that need no Pulumi, ``names`` what resources are called in the
    cloud. ``deletes_data`` is true while what holds data is made ready to be deleted. ``packs`` is
    whether the code of tasks is packed for a cloud. ``wishes`` are what the file itself says of
    pipelines to be deployed, by the names of pipeline and environment, ``objections`` why one
    cannot be, and ``remarks`` what is to be known of one that is.
    """

    def __init__(
        self,
        pipeline: str,
        *,
        environment: Optional[str] = None,
        provider: Optional[str] = None,
        deletes_data: bool = False,
        packs: bool = False,
    ) -> None:
        self.pipeline = pipeline
        self.environment = environment
        self.provider = provider
        self.deletes_data = deletes_data
        self.packs = packs
        self.environments: List[Any] = []
        self.told: List[Any] = []
        self.names: List[Tuple[str, str, str]] = []
        self.wishes: Dict[Tuple[str, str], Any] = {}
        self.objections: List[str] = []
        self.remarks: List[str] = []

    def wants(self, *, environment: str, provider: str) -> bool:
        """Whether the resources of that environment are to be registered."""
        return self.environment in (None, environment) and self.provider in (None, provider)


_current: ContextVar[Optional[Session]] = ContextVar("glacier_session", default=None)


def session() -> Optional[Session]:
    """The session that is under way, if any."""
    return _current.get()


@contextmanager
def opened(one: Session) -> Generator[Session, None, None]:
    """While this is open, what is declared belongs to this session."""
    token = _current.set(one)
    try:
        yield one
    finally:
        _current.reset(token)
