"""The stacks of one project in a folder: their states, locks and histories."""

from __future__ import annotations

import getpass
import json
import os
import secrets
import socket
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Generator, List
from urllib.parse import unquote, urlparse

__all__ = ["Backend", "BackendError"]


class BackendError(Exception):
    """What the backend refuses, in the engine's words."""


class Backend:
    """The folder that ``PULUMI_BACKEND_URL`` or the project's settings name."""

    def __init__(self, cwd: Path) -> None:
        import yaml  # which comes with pulumi

        settings: Any = yaml.safe_load((cwd / "Pulumi.yaml").read_text())
        self.project = str(settings["name"])
        url = os.environ.get("PULUMI_BACKEND_URL") or settings["backend"]["url"]
        parsed = urlparse(url)
        if parsed.scheme != "file":
            raise BackendError(f"could not open backend {url}: the stand-in knows file:// alone")
        self.folder = Path(unquote(parsed.path)) / ".pulumi"

    def _file(self, stack: str) -> Path:
        return self.folder / "stacks" / self.project / f"{stack}.json"

    def stacks(self) -> List[str]:
        """The names of all stacks."""
        return sorted(path.stem for path in self._file("x").parent.glob("*.json"))

    def init(self, stack: str, state: Dict[str, Any]) -> None:
        """Make a stack."""
        if self._file(stack).exists():
            raise BackendError(f"stack '{stack}' already exists")
        self.save(stack, state)

    def load(self, stack: str) -> Dict[str, Any]:
        """The state of a stack, its secrets sealed."""
        if not self._file(stack).exists():
            raise BackendError(f"no stack named '{stack}' found")
        found: Dict[str, Any] = json.loads(self._file(stack).read_text())
        return found

    def save(self, stack: str, state: Dict[str, Any]) -> None:
        """Replace the state of a stack."""
        file = self._file(stack)
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(f".{os.getpid()}.tmp")
        new.write_text(json.dumps(state, indent=1))
        os.replace(new, file)

    def remove(self, stack: str) -> None:
        """Remove a stack."""
        self._file(stack).unlink()

    # --- locks ------------------------------------------------------------------------------------

    def locks(self, stack: str) -> Path:
        """The folder of a stack's locks."""
        return self.folder / "locks" / "organization" / self.project / stack

    @contextmanager
    def locked(self, stack: str) -> Generator[None, None, None]:
        """Let nobody else change the stack meanwhile."""
        folder = self.locks(stack)
        held = sorted(folder.glob("*.json"))
        if held:
            raise BackendError(
                f"the stack is currently locked by {len(held)} lock(s). Either wait for the other "
                "process(es) to end or delete the lock file with `pulumi cancel`."
                + "".join(_holder(lock) for lock in held)
            )
        folder.mkdir(parents=True, exist_ok=True)
        lock = folder / f"{secrets.token_hex(8)}.json"
        lock.write_text(
            json.dumps(
                {
                    "pid": os.getpid(),
                    "username": getpass.getuser(),
                    "hostname": socket.gethostname(),
                    "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                }
            )
        )
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)

    def cancel(self, stack: str) -> None:
        """Take the locks of a stack away."""
        for lock in self.locks(stack).glob("*.json"):
            lock.unlink()


def _holder(lock: Path) -> str:
    held = json.loads(lock.read_text())
    who = f"{held['username']}@{held['hostname']} (pid {held['pid']})"
    return f"\n  {lock.as_uri()}: created by {who} at {held['timestamp']}"
