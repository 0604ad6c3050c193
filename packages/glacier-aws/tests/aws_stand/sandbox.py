"""A sandbox: one process of a function, within the limits of its memory and its time.

| what happens | error type | the process |
|---|---|---|
| the handler raises | the name of its class | goes on |
| it runs longer than the function may | Sandbox.Timedout | is killed |
| it exits, or is killed | Runtime.ExitError | is gone |
| it takes more memory than the function has | Runtime.ExitError, signal: killed | is killed |
| it does not start within 10 seconds | Sandbox.Timedout | is killed |
| its result is larger than 6 MB | Function.ResponseSizeTooLarge | goes on |
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, Optional

from aws_stand.runtime_api import Event, Outcome, RuntimeApi

__all__ = ["Limits", "Result", "Sandbox"]

_START = 10.0  # seconds that Lambda gives a process for its start
_LARGEST = 6 * 1024 * 1024 + 100
_LOOK = 0.02  # seconds between two looks at the memory
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Limits(NamedTuple):
    """What a function may take: ``memory`` in MiB, ``timeout`` in seconds."""

    memory: int
    timeout: float


class Result(NamedTuple):
    """The end of one invocation."""

    id: str
    body: bytes
    error: str  # the type, or ""
    log: str


class Sandbox:
    """A process that serves one function, one event at a time; ``key`` is its access key."""

    def __init__(
        self,
        *,
        arn: str,
        handler: str,
        root: Path,
        python: Path,
        environ: Mapping[str, str],
        limits: Limits,
    ) -> None:
        self.key = environ.get("AWS_ACCESS_KEY_ID", "")
        self.alive = True
        self._ending = threading.Lock()
        self._limits = limits
        self._api = RuntimeApi(arn)
        self._scratch = Path(tempfile.mkdtemp(prefix="sandbox-"))
        own = {"HOME": str(self._scratch), "TMPDIR": str(self._scratch)}
        self._log: list[bytes] = []
        self._reading = threading.Lock()
        self._process = subprocess.Popen(
            [str(python), "-m", "awslambdaric", handler],
            cwd=root,
            env={**environ, **own, "AWS_LAMBDA_RUNTIME_API": self._api.address},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that what it starts ends with it
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        """Take in what the process writes, until nobody can write any more."""
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        while True:
            select.select([pipe], [], [])
            if not self._take_in(pipe):
                return

    def _take_in(self, pipe: int) -> bool:
        """Whether somebody may write more, once all that has been written is in the log."""
        with self._reading:
            while select.select([pipe], [], [], 0)[0]:
                piece = os.read(pipe, 1 << 16)
                if not piece:
                    return False
                self._log.append(piece)
        return True

    def invoke(self, payload: bytes) -> Result:
        """Give the process one event, and wait for what comes of it."""
        seen, number = len(self._log), str(uuid.uuid4())
        outcome = self._wait(self._started, _START, number, "init phase timed out")
        if outcome is None:
            timeout = self._limits.timeout
            deadline = int((time.time() + timeout) * 1000)
            self._api.events.put(Event(number, payload, deadline))
            text = f"Task timed out after {timeout:.2f} seconds"
            outcome = self._wait(lambda: False, timeout, number, text)
            assert outcome is not None
        error = ""
        if outcome.failed:
            error = str(json.loads(outcome.body or b"{}").get("errorType", "Exception"))
        elif len(outcome.body) > _LARGEST:
            error = "Function.ResponseSizeTooLarge"
            most = (
                f"Response payload size exceeded maximum allowed payload size ({_LARGEST} bytes)."
            )
            outcome = _failure(error, most)
        if self.alive:  # it writes before it answers, and its lines may still be on their way
            assert self._process.stdout is not None
            self._take_in(self._process.stdout.fileno())
        else:
            self._reader.join()
        log = b"".join(self._log[seen:]).decode(errors="replace")
        return Result(number, outcome.body, error, log)

    def _started(self) -> bool:
        return self._api.ready.is_set()

    def _wait(
        self, done: Callable[[], bool], seconds: float, number: str, late: str
    ) -> Optional[Outcome]:
        """The outcome that comes first; ``None`` as soon as ``done`` says so."""
        end = time.monotonic() + seconds
        while not done():
            with contextlib.suppress(queue.Empty):
                outcome = self._api.outcomes.get(timeout=_LOOK if self._started() else 0.005)
                if not self._started():  # it says why it cannot start, and ends
                    self.kill()
                return outcome
            if self._exited():
                return self._ended(number)
            if self._memory() > self._limits.memory * 1024 * 1024:
                self.kill()
                return self._ended(number)
            if time.monotonic() > end:
                self.kill()
                return _failure("Sandbox.Timedout", f"RequestId: {number} Error: {late}")
        return None

    def _ended(self, number: str) -> Outcome:
        self.kill()
        code = self._process.wait()
        with contextlib.suppress(queue.Empty):  # it answered, and then ended
            return self._api.outcomes.get_nowait()
        how = f"exit status {code}" if code >= 0 else f"signal: {_SIGNALS.get(-code, -code)}"
        text = f"RequestId: {number} Error: Runtime exited with error: {how}"
        return _failure("Runtime.ExitError", text)

    def _memory(self) -> int:
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = Path(f"/proc/{self._process.pid}/statm").read_text().split()
            return int(fields[1]) * _PAGE
        return 0

    def kill(self) -> None:
        """End the process now, with all that it started."""
        with self._ending:
            if self.alive:  # afterwards its number may be another's
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
                self.alive = False

    def _exited(self) -> bool:
        """Whether the process has ended, which keeps its number until it is waited for."""
        look = os.WEXITED | os.WNOHANG | os.WNOWAIT
        try:
            return os.waitid(os.P_PID, self._process.pid, look) is not None
        except ChildProcessError:
            return True

    def close(self) -> None:
        """End the process, and leave nothing of it."""
        self.kill()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._api.close()
        shutil.rmtree(self._scratch, ignore_errors=True)


_SIGNALS: Mapping[int, str] = {
    signal.SIGKILL: "killed",
    signal.SIGSEGV: "segmentation fault",
    signal.SIGTERM: "terminated",
}


def _failure(kind: str, text: str) -> Outcome:
    return Outcome(True, json.dumps({"errorType": kind, "errorMessage": text}).encode())
