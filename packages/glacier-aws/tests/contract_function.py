"""The function of all tasks of all pipelines of the executor contract: each call brings its own."""

from __future__ import annotations

import io
import os
import pickle
from functools import lru_cache
from typing import Any

import cloudpickle

from glacier.aws.runtime import open_store
from glacier.core.annotations import REQUIRED, UNKNOWN
from glacier.core.protocols import Bindings, BoundPlaces, Surroundings, answer
from glacier.core.remote.deployed import Deployed
from glacier.core.remote.program import Program

__all__ = ["Pickler", "handle"]

_MARKS = {"REQUIRED": REQUIRED, "UNKNOWN": UNKNOWN}


class Pickler(cloudpickle.Pickler):
    """Pickles closures too; what is known by its identity stays what it is."""

    def persistent_id(self, obj: Any) -> Any:
        return next((name for name, one in _MARKS.items() if obj is one), None)


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, pid: Any) -> Any:
        return _MARKS[pid]


@lru_cache(maxsize=2)
def _program(key: str) -> Program:
    workspace = os.environ["WORKSPACE"]
    pipeline = _Unpickler(io.BytesIO(open_store(workspace).get(key))).load()
    places = BoundPlaces(Bindings(workspace), open_store)
    program = Program(Deployed(pipeline.name, "", "", ""), places, root=os.getcwd())
    vars(program)["pipeline"] = pipeline
    return program


def handle(event: Any, context: Any) -> Any:
    """Answer a payload; ``pickle`` is the key of the pipeline that it is about."""
    program = _program(event.pop("pickle"))
    left = context.get_remaining_time_in_millis() / 1000
    return answer(program, event, Surroundings(os.environ.get, print, {}, left))
