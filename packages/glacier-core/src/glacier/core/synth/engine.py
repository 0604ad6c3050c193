"""What stands in for Pulumi's engine: its own mocks, which note what they are sent.

All of pulumi's parts are imported when a program runs; several of them are no public ones.
"""

from __future__ import annotations

import asyncio
import threading
from copy import copy
from typing import Any, Callable, Dict, List, Mapping, cast

from glacier.core.contracts.providers import Registered
from glacier.core.programs import in_program
from glacier.core.synth.plain import plain

__all__ = ["Answers", "Notes", "run_in_mocks"]

Answers = Callable[[], Mapping[str, Mapping[str, Any]]]


class Notes:
    """What is noted while a program runs; resources come from several threads."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.rows: List[Registered] = []
        self.unanswered: List[str] = []
        self.twice: List[str] = []
        self._known: Dict[str, None] = {}
        self._lock = threading.Lock()

    def add(self, request: Any, urn: str, properties: Mapping[str, Any]) -> None:
        """A resource as it is sent."""
        row = Registered(
            request.type,
            request.name,
            _whole(request.parent),
            request.provider.split("::")[-2] if request.provider else "",
            plain(properties),
        )
        with self._lock:
            if urn in self._known:
                self.twice.append(f"{row.type} {row.name!r}")
            self._known[urn] = None
            self.rows.append(row)

    def answer(self, token: str) -> Mapping[str, Any]:
        """What a function of an SDK returns; nothing for one that nobody knows."""
        answers = self.answers()
        if token not in answers and token not in self.unanswered:
            self.unanswered.append(token)
        return dict(answers.get(token, {}))


def _whole(urn: str) -> str:
    """The type and name in the address of a parent; empty for the stack, of which all are parts."""
    kinds, _, name = urn.rpartition("::")
    kind = kinds.rpartition("::")[2].rpartition("$")[2]
    return f"{kind} {name}" if kind not in ("", "pulumi:pulumi:Stack") else ""


def _in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class _Loops:
    """Event loops for the threads on which resources come: mocks would leave theirs open."""

    def __init__(self) -> None:
        self._own = threading.local()
        self._made: List[asyncio.AbstractEventLoop] = []

    def enter(self) -> None:
        """Let this thread have a loop, if none runs on it."""
        if not hasattr(self._own, "loop") and not _in_loop():
            self._own.loop = asyncio.new_event_loop()
            self._made.append(self._own.loop)
            asyncio.set_event_loop(self._own.loop)

    def close(self) -> None:
        """The threads have ended."""
        for loop in self._made:
            loop.close()


def run_in_mocks(program: Callable[[], None], notes: Notes, *, project: str, stack: str) -> None:
    """Run a program on this thread, in a context that nothing else is run in."""
    from pulumi.runtime import mocks, settings
    from pulumi.runtime.stack import run_in_stack

    loops, in_another, no_stack = _Loops(), in_program(), cast("Any", None)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        # Or it would wait for ever for resources that were made before it, outside any program.
        state = _untyped(settings.SETTINGS)
        state.outputs, state.lock = type(state.outputs)(), threading.Lock()
        monitor = _monitor(notes, loops)
        mocks.set_mocks(monitor.mocks, project, stack, preview=True, monitor=monitor)
        settings.set_root_resource(no_stack)  # for the one in which the program runs
        loop.run_until_complete(run_in_stack(lambda: _run(program)))
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
        loops.close()
        asyncio.set_event_loop(None)
        if not in_another:
            # Twice: what was unset becomes pulumi's default for all threads, until it is unset
            # where it is unset already.
            settings.reset_options()
            settings.reset_options()


def _run(program: Callable[[], None]) -> None:
    """Run a program without the aliases of its resources.

    Azure's have one for each version of their API, which take most of the time and tell nothing.
    """
    from pulumi import ResourceTransformationResult
    from pulumi.runtime import register_stack_transformation

    def transform(given: Any) -> Any:
        options = copy(given.opts)
        options.aliases = None
        return ResourceTransformationResult(given.props, options)

    register_stack_transformation(transform)
    program()


def _monitor(notes: Notes, loops: _Loops) -> Any:
    from google.protobuf.json_format import MessageToDict
    from pulumi.runtime import mocks

    class Answering(mocks.Mocks):  # type: ignore[misc]  # mypy does not read pulumi
        def new_resource(self, args: Any) -> Any:
            return "", _returned(args.inputs)  # without an id what a cloud computes stays unknown

        def call(self, args: Any) -> Any:
            return notes.answer(args.token)

    class Monitor(mocks.MockMonitor):  # type: ignore[misc]  # mypy does not read pulumi
        def RegisterResource(self, request: Any) -> Any:
            loops.enter()
            answer = _untyped(super()).RegisterResource(request)
            if request.type != "pulumi:pulumi:Stack":
                notes.add(request, answer.urn, MessageToDict(request.object))
            return answer

        def ReadResource(self, request: Any) -> Any:
            loops.enter()
            return _untyped(super()).ReadResource(request)

        def Invoke(self, request: Any) -> Any:
            loops.enter()
            return _untyped(super()).Invoke(request)

    return Monitor(Answering())


def _returned(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a cloud returns of the properties of a resource, as far as they are known.

    Azure takes identities as a list and returns a mapping, without which its SDK fails.
    """
    identity = inputs.get("identity")
    if not isinstance(identity, Mapping):
        return inputs
    known = cast("Mapping[str, Any]", identity).items()
    kept = {key: value for key, value in known if key != "userAssignedIdentities"}
    return {**inputs, "identity": kept}


def _untyped(value: Any) -> Any:
    """The same, for type checkers: mocks have no annotations."""
    return value
