"""An operation in a process of its own: here, the modules that declare it are imported already."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from typing import Any

from glacier.core.deploy.asked import Asked
from glacier.core.deploy.record import Deployment
from glacier.core.errors import CannotDeploy

__all__ = ["operate_elsewhere"]


def operate_elsewhere(target: str, environment: str, provider: str, asked: Asked) -> Deployment:
    """The operation on ``FILE:PIPELINE`` in another process, which tells each step on standard
    error. Raises what it raises there."""
    paths = [path for path in sys.path if path]
    process = subprocess.Popen(
        [sys.executable, "-m", "glacier.core.deploy"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    # Not as arguments, which all users of a machine can see: a backend's URL may have a password.
    answer = _asked(process, pickle.dumps((target, environment, provider, asked)))
    try:
        found: Any = pickle.loads(answer)
    except (EOFError, pickle.UnpicklingError) as error:
        reason = f"the process that did it ended with code {process.returncode}"
        mend = "What it said stands above."
        raise CannotDeploy(target=target, reason=reason, mend=mend) from error
    if isinstance(found, Deployment):
        return found
    raise found


def _asked(process: subprocess.Popen[bytes], question: bytes) -> bytes:
    """What a process answers. One that was interrupted too, as by Ctrl-C, comes to its end: the
    engine then writes down what it has made."""
    with process:
        try:
            return process.communicate(question)[0]
        except KeyboardInterrupt:
            process.wait()
            raise
