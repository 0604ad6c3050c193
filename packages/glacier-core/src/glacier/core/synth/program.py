"""A Pulumi program without an engine: what it registers is noted, on pulumi's own mocks."""

from __future__ import annotations

import asyncio
import threading
from contextvars import copy_context
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Tuple, TypeVar

from glacier.core.contracts.providers import Registered
from glacier.core.errors import CannotSynth
from glacier.core.placeholders import is_installed
from glacier.core.programs import in_program
from glacier.core.synth.plain import plain

__all__ = ["Program", "run_program"]

T = TypeVar("T")

Answers = Callable[[], Mapping[str, Mapping[str, Any]]]


class Program(NamedTuple):
    """What a program did: its resources, and the functions of SDKs that nobody could answer."""

    resources: Tuple[Registered, ...] = ()
    unanswered: Tuple[str, ...] = ()


def run_program(
    load: Callable[[], T], *, project: str, stack: str, answers: Answers
) -> Tuple[T, Program]:
    """Call ``load`` inside a program; where pulumi is not installed, outside any.

    ``answers`` are asked for when a function of an SDK is called. Raises
    :class:`~glacier.core.errors.CannotSynth` for what pulumi refuses, and what ``load`` raises.
    """
    if not is_installed("pulumi"):
        return load(), Program()
    # Here and not in the context below: pulumi's settings belong to where it is first imported.

    found: List[T] = []

    def program() -> None:
        found.append(load())

    notes = _Notes(answers)
    _outside_loops(lambda: _run(program, notes, project=project, stack=stack))
    if notes.twice:
        reason = f"it registers {' and '.join(notes.twice)} twice"
        mend = "Give one of them another name."
        raise CannotSynth(target=f"{project!r}", reason=reason, mend=mend)
    rows = sorted(notes.rows, key=lambda row: (row.type, row.name, row.parent))
    return found[0], Program(tuple(rows), tuple(sorted(notes.unanswered)))


def _outside_loops(call: Callable[[], None]) -> None:
    """Call on this thread, or on another where an event loop runs here, as in a notebook."""
    if not _in_loop():
        copy_context().run(call)  # what pulumi sets is gone with the context
        return
    raised: List[BaseException] = []

    def run() -> None:
        try:
            call()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=copy_context().run, args=(run,))
    thread.start()
    thread.join()
    if raised:
        raise raised[0]


def _in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class _Notes:
    """What is noted while a program runs; resources come from several threads."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.rows: List[Registered] = []
        self.unanswered: List[str] = []
        self.twice: List[str] = []
        self._known: Dict[str, None] = {}
        self._lock = threading.Lock()

    def add(self, request: Any, urn: str, properties: Mapping[str, Any]) -> None:
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
        answers = self.answers()
        if token not in answers and token not in self.unanswered:
            self.unanswered.append(token)
        return dict(answers.get(token, {}))


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


def _whole(urn: str) -> str:
    """The type and name in the address of a parent; empty for the stack, of which all are parts."""
    kinds, _, name = urn.rpartition("::")
    kind = kinds.rpartition("::")[2].rpartition("$")[2]
    return f"{kind} {name}" if kind not in ("", "pulumi:pulumi:Stack") else ""


def _run(program: Callable[[], None], notes: _Notes, *, project: str, stack: str) -> None:
    # All of this is pulumi's own; its parts are imported by name, for they are no public ones.
    from google.protobuf.json_format import MessageToDict
    from pulumi.runtime import mocks, settings
    from pulumi.runtime.stack import run_in_stack

    class Answering(mocks.Mocks):  # type: ignore[misc]  # mypy does not read pulumi
        def new_resource(self, args: Any) -> Any:
            return "", args.inputs  # without an id all that a cloud computes stays unknown

        def call(self, args: Any) -> Any:
            return notes.answer(args.token)

    class Monitor(mocks.MockMonitor):  # type: ignore[misc]  # mypy does not read pulumi
        def RegisterResource(self, request: Any) -> Any:
            loops.enter()
            register: Any = super().RegisterResource
            answer = register(request)
            if request.type != "pulumi:pulumi:Stack":
                notes.add(request, answer.urn, MessageToDict(request.object))
            return answer

        def ReadResource(self, request: Any) -> Any:
            loops.enter()
            read: Any = super().ReadResource
            return read(request)

        def Invoke(self, request: Any) -> Any:
            loops.enter()
            invoke: Any = super().Invoke
            return invoke(request)

    loops = _Loops()
    in_another = in_program()
    monitor: Any = Monitor(Answering())
    no_stack: Any = None
    features = set(monitor.GetDeploymentInfo(None).supportedFeatures)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        settings.set_root_resource(no_stack)
        # By hand: pulumi's set_mocks() would wait for ever for resources of before this program.
        settings.configure(
            mocks.MockSettings(
                monitor=monitor,
                monitor_features=features,
                engine=mocks.MockEngine(None),
                project=project,
                stack=stack,
                dry_run=True,
                organization=None,
                callbacks=None,
                outputs=set(),
                lock=threading.Lock(),
            )
        )
        loop.run_until_complete(run_in_stack(program))
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
