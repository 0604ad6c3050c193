"""What is measured in a process of its own; prints one line of JSON.

``python -m benchmarks.child scale SHAPE TASKS``, ``… memory SHAPE TASKS COUNT SUBJECT``,
``… release WHAT``, ``… burning HOW ROUNDS WORKERS``, ``… sharing HOW MEASURE WORKERS``,
``… passing HOW FOLDER`` or ``… streaming FORM FOLDER``.
"""

from __future__ import annotations

import json
import sys
from typing import Callable


def main() -> None:
    """Measure what the arguments say."""
    kind, *arguments = sys.argv[1:]
    measure: dict[str, Callable[..., object]] = {
        "scale": _scale,
        "memory": _memory,
        "release": _release,
        "burning": _burning,
        "sharing": _sharing,
        "passing": _passing,
        "streaming": _streaming,
    }
    print(json.dumps(measure[kind](*arguments)))


def _scale(shape: str, tasks: str) -> object:
    from benchmarks.children.scaled import scaled

    return scaled(shape, int(tasks))


def _memory(shape: str, tasks: str, count: str, subject: str) -> object:
    from benchmarks.children.held import held

    return held(shape, int(tasks), count=count, subject=subject)


def _release(what: str) -> object:
    from benchmarks.children.released import released

    return released(what)


def _burning(how: str, rounds: str, workers: str) -> object:
    from benchmarks.children.burning import burned

    return burned(how, int(rounds), int(workers))


def _sharing(how: str, measure: str, workers: str) -> object:
    from benchmarks.children.sharing import shared

    return shared(how, measure, int(workers))


def _passing(how: str, folder: str) -> object:
    from benchmarks.children.passing import passed

    return passed(how, folder)


def _streaming(form: str, folder: str) -> object:
    from benchmarks.children.streaming import streamed

    return streamed(form, folder)


if __name__ == "__main__":
    main()
