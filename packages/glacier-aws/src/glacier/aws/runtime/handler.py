"""The entry point of every function of a deployed pipeline: ``glacier.aws.runtime.handler.handle``.

One process answers one call after the other; what it has loaded for the first it has for the rest.
"""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from typing import Any

from glacier.aws.runtime.opening import open_store
from glacier.aws.runtime.secrets import SecretsManager
from glacier.core.protocols import (
    BINDINGS_VARIABLE,
    Bindings,
    BoundPlaces,
    Program,
    Surroundings,
    answer,
    read_deployed,
)
from glacier.core.protocols import open_store as any_store

__all__ = ["handle"]


def handle(event: object, context: Any) -> dict[str, Any]:
    """Answer one payload of a state machine.

    Raises ``GlacierRetry`` or ``GlacierTaskFailed``, whose names Lambda gives to the state machine.
    """
    program = _program(_root(), os.environ.get(BINDINGS_VARIABLE, "{}"))
    around = Surroundings(_secrets(program.places.bindings), _write, _log(context))
    return answer(program, event, around)


@lru_cache(maxsize=1)
def _program(root: str, bindings: str) -> Program:
    places = BoundPlaces(Bindings.from_text(bindings), _open)
    return Program(read_deployed(root), places, root=root)


def _root() -> str:
    """The folder of the bundle."""
    return os.environ.get("LAMBDA_TASK_ROOT") or os.getcwd()


def _open(address: str) -> Any:
    # A bundle need not hold the metadata by which core finds the store of a scheme.
    return open_store(address) if address.startswith("s3://") else any_store(address)


def _secrets(bindings: Bindings) -> SecretsManager:
    return SecretsManager(bindings.secrets)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _log(context: Any) -> dict[str, str]:
    """Where the log of this call is."""
    found = {
        "group": getattr(context, "log_group_name", None),
        "stream": getattr(context, "log_stream_name", None),
        "request": getattr(context, "aws_request_id", None),
    }
    return {name: str(value) for name, value in found.items() if value is not None}
