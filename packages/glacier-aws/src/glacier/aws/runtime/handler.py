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
    BoundPlaces,
    Program,
    Surroundings,
    answer,
    install_placeholders,
    read_bindings,
    read_deployed,
)
from glacier.core.protocols import open_store as any_store

__all__ = ["handle"]

# A distributed Map hands on an answer for each item, "{}," at least, in 256 KiB altogether:
# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
_MOST_ITEMS = 80_000


def handle(event: object, context: Any) -> dict[str, Any]:
    """Answer one payload of a state machine.

    Raises ``GlacierRetry`` or ``GlacierTaskFailed``, whose names Lambda gives to the state machine.
    """
    program = _program(_root(), os.environ.get(BINDINGS_VARIABLE, "{}"))
    secrets = SecretsManager(program.places.bindings.secrets)
    around = Surroundings(secrets, _write, _log(context), _left(context))
    return answer(program, event, around)


@lru_cache(maxsize=1)
def _program(root: str, bindings: str) -> Program:
    install_placeholders()  # a bundle has no Pulumi, and the user's file may import it
    places = BoundPlaces(read_bindings(bindings, _open), _open)
    return Program(read_deployed(root), places, root=root, most_items=_MOST_ITEMS)


def _root() -> str:
    """The folder of the bundle."""
    return os.environ.get("LAMBDA_TASK_ROOT") or os.getcwd()


def _open(address: str) -> Any:
    # A bundle need not hold the metadata by which core finds the store of a scheme.
    return open_store(address) if address.startswith("s3://") else any_store(address)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _left(context: Any) -> float | None:
    """The seconds that this call has before Lambda ends the process."""
    told = getattr(context, "get_remaining_time_in_millis", None)
    return None if told is None else told() / 1000


def _log(context: Any) -> dict[str, str]:
    """Where the log of this call is."""
    found = {
        "group": getattr(context, "log_group_name", None),
        "stream": getattr(context, "log_stream_name", None),
        "request": getattr(context, "aws_request_id", None),
    }
    return {name: str(value) for name, value in found.items() if value is not None}
