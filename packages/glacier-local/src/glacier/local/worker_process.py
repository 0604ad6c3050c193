"""A worker process: takes calls from its channel, runs them, and sends back what came of them.

It is forked from the nursery, so it knows nothing of the user's main module. It ends when the
channel is closed, and at once when the nursery is gone, which ends with the parent.
"""

from __future__ import annotations

import faulthandler
import fcntl
import gc
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from functools import partial
from typing import Any, Dict, List, NoReturn, Tuple, Union

from glacier.core.protocols import (
    LogLine,
    TaskCall,
    TaskResult,
    Value,
    VersionRef,
    adopt_scratch,
    capture,
    is_captured,
    run_call,
    watch_imports,
)
from glacier.local.channel import Channel
from glacier.local.crash import BEGUN, CannotCross, called
from glacier.local.crossing import send_error
from glacier.local.holdings import Wire, open_wire, wire
from glacier.local.segment import Segment
from glacier.local.surroundings import Changes, adopt

__all__ = ["main"]


class Terminated(BaseException):
    """SIGTERM: the parent gives up the task. It may clean up before the process ends."""


def main(connection: int, lifeline: int, report: int) -> None:
    """Serve one parent; the arguments are descriptors. The other end of ``lifeline`` is with the
    nursery, which ends with the parent.

    The file ``report`` tells what the channel no longer can: in its first bytes how many calls were
    begun, behind them where Python was when the process crashed.
    """
    gc.enable()
    faulthandler.enable(report)
    for descriptor in (connection, lifeline, report):
        os.set_inheritable(descriptor, False)
    _end_with_nursery(lifeline)
    signal.signal(signal.SIGTERM, _terminate)
    # Not SIG_IGN, which the programs that a task starts would inherit.
    signal.signal(signal.SIGINT, _ignore)
    watch_imports()
    channel = Channel(socket.socket(fileno=connection))
    # Held to the very end, so that the channel ends when the process does.
    os.register_at_fork(after_in_child=partial(_forked, channel, os.dup(connection)))
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
        Worker(channel, report).serve()
        gc.freeze()  # the end of Python would search all modules for what refers to itself
    except Terminated:  # between two calls
        os.kill(os.getpid(), signal.SIGTERM)


def _end_with_nursery(lifeline: int) -> None:
    """Let the kernel end this process when the other end of the pipe is closed, which only happens
    if the nursery is gone; a thread that waits for it could not while native code runs."""
    if sys.platform != "linux":  # where the signal is ignored by default
        signal.signal(signal.SIGIO, _exit)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC)
    poll = select.poll()
    poll.register(lifeline, 0)
    if poll.poll(0):  # it was gone before
        os._exit(1)


def _forked(channel: Channel, connection: int) -> None:
    """Let a process that a task forks be an ordinary one: with an end of the channel in its hands,
    nobody would see that the worker is gone."""
    channel.close()
    os.close(connection)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _exit(*_: object) -> NoReturn:
    os._exit(1)


def _ignore(*_: object) -> None:
    return


def _terminate(*_: object) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    raise Terminated


class Worker:
    """Runs the calls of one parent, one after the other."""

    def __init__(self, channel: Channel, report: int) -> None:
        self.channel = channel
        self.report = report
        self.begun = 0
        self.programs: Dict[str, TaskCall] = {}

    def serve(self) -> None:
        """Serve until the channel is closed."""
        self.channel.send(("ready",))
        while True:
            try:
                message, descriptors = self.channel.receive()
            except EOFError:
                return
            segments = [Segment(descriptor, 0) for descriptor in descriptors]
            if message[0] == "settings":
                self.prepare(message, segments)
            else:
                self.answer(message, segments)
            del message, segments  # before waiting, or they would outlive the call

    def prepare(self, message: Tuple[Any, ...], segments: List[Segment]) -> None:
        """Take over the arguments, the surroundings, the filters and the levels of the parent."""
        _, sys.argv, changes, settings = message
        adopt(Changes(*changes))
        if settings is not None:
            from glacier.local.relay import send_from_here

            send_from_here(open_wire(settings, segments), self.channel.send)

    def answer(self, message: Tuple[Any, ...], segments: List[Segment]) -> None:
        """Run a call and send its result."""
        self.begun += 1
        os.pwrite(self.report, self.begun.to_bytes(BEGUN, "little"), 0)
        try:
            reply, outputs = self.reply(message, segments)
            _flush()
            self.channel.send(reply, [segment.fd for segment in outputs])
        except Terminated:
            os.kill(os.getpid(), signal.SIGTERM)  # its default now: so that the parent sees it
        except BrokenPipeError:  # nobody waits for it any more
            return

    def reply(
        self, message: Tuple[Any, ...], segments: List[Segment]
    ) -> Tuple[Tuple[Any, ...], List[Segment]]:
        """The message that tells of the end of a call, and the segments that go with it."""
        _, task, program, attempt, item, inputs, scratch, captured, origin = message
        outputs: List[Segment] = []
        try:
            call = self.call(task, program, segments)
            call = call._replace(attempt=attempt, item=item, origin=origin)
            if scratch is not None:
                adopt_scratch(call.run_id, scratch)
            if captured and not is_captured(call.run_id):
                capture(call.run_id, self.tell)
            call = call._replace(inputs=_values(call, inputs, segments))
            segments.clear()
            if call.step.limit:
                self.channel.send(("begun",))
            result = run_call(call)
            if isinstance(result.error, Terminated):
                raise result.error
            call = call._replace(inputs=())
            state, sent = str(result.state), _sent(call, result, outputs)
        except KeyboardInterrupt:  # the task's own: signals do not raise it here
            return ("interrupted",), []
        except CannotCross as problem:
            wrong = send_error(problem, outputs)
            return ("done", "failed", (), None, 0.0, wrong, "", ()), outputs
        error = None if result.error is None else send_error(result.error, outputs)
        if result.error is not None:
            result.error.__traceback__ = None  # its frames hold the inputs
            gc.collect()
        done = ("done", state, sent, result.started, result.duration, error, result.reason)
        return (*done, result.kept), outputs

    def tell(self, line: LogLine) -> None:
        """Send what a task logs, for the history of the run."""
        with suppress(OSError):  # nobody listens any more
            self.channel.send(("line", *line))

    def call(self, task: str, program: Any, segments: List[Segment]) -> TaskCall:
        """The call of a task without its inputs; what it runs comes with the first one."""
        if program is not None:
            try:
                run_id, pipeline, step, function, params, shelves = open_wire(program, segments)
            except Exception as error:
                raise CannotCross(
                    where=f"task {task!r}",
                    what="its function",
                    error=error,
                    mend="A worker process must be able to import what the function uses.",
                    reading=True,
                ) from error
            self.programs[task] = TaskCall(
                run_id, pipeline, step, function, (), params, shelves=shelves
            )
        return self.programs[task]


def _values(call: TaskCall, inputs: Tuple[Any, ...], segments: List[Segment]) -> Tuple[Any, ...]:
    values: List[Any] = []
    for written, dataset in zip(inputs, call.step.inputs):
        if isinstance(written, VersionRef):
            values.append(written)
            continue
        try:
            values.append(None if written is None else Value(open_wire(written, segments)))
        except Exception as error:
            raise CannotCross(
                where=called(call),
                what=f"its input {dataset!r}",
                error=error,
                mend="A worker process must be able to import the type of the value.",
                reading=True,
            ) from error
    return tuple(values)


def _sent(call: TaskCall, result: TaskResult, segments: List[Segment]) -> Tuple[Any, ...]:
    """The outputs as parts of a message."""
    sent: List[Union[Wire, VersionRef, None]] = []
    for ref, dataset in zip(result.outputs, call.step.outputs):
        if ref is None or isinstance(ref, VersionRef):
            sent.append(ref)
            continue
        try:
            sent.append(wire(ref, segments))
        except Exception as error:
            kind = type(ref.value).__qualname__ if isinstance(ref, Value) else "value"
            raise CannotCross(
                where=called(call),
                what=f"what it returned for {dataset!r}, a {kind},",
                error=error,
                mend="Return plain data, and make connections, locks and the like in the task "
                "that uses them; or run on threads, LocalExecutor(), where nothing is pickled.",
            ) from error
    return tuple(sent)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):  # none, closed by the task, or nobody reads
            continue
