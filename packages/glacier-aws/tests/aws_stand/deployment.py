"""A Pulumi program run by Pulumi's SDK alone: what it registers is made on a stand.

Its mocks stand in for the engine, and ask for each resource what the provider would ask AWS for.
They know nothing of what is there already: a deployment makes, it neither changes nor removes.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextvars import copy_context
from typing import Any, Optional, cast

from aws_stand.facts import ACCOUNT
from aws_stand.resources import Clients, make

__all__ = ["DeploymentFailed", "deployed"]

_SEALED = "4dabf18193072939515e22adb298388d"  # what marks a secret on its way to the engine


class DeploymentFailed(Exception):
    """A resource could not be made, with what AWS or the stand says."""


def deployed(
    program: Callable[[], None], client: Clients, *, region: str, project: str, stack: str
) -> Mapping[str, Any]:
    """Make everything that a program registers; what it exports."""
    engine = _Engine(client, region)
    _apart(lambda: _run(program, engine, project, stack))
    return engine.exported


def _apart(call: Callable[[], None]) -> None:
    """Call on a thread and in a context of its own, so that nothing of pulumi's stays here."""
    raised: list[BaseException] = []

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


class _Engine:
    """What a program registered, and what came of it; resources come from several threads."""

    def __init__(self, client: Clients, region: str) -> None:
        self.exported: Mapping[str, Any] = {}
        self.failed: Optional[DeploymentFailed] = None
        self._client, self._region = client, region
        self._lock = threading.Lock()
        self._known: set[tuple[str, str]] = set()
        self._own = threading.local()
        self._loops: list[asyncio.AbstractEventLoop] = []

    def register(self, kind: str, name: str, inputs: Any) -> tuple[str, Mapping[str, Any]]:
        """Make a resource; its id and its properties."""
        with self._lock:
            if (kind, name) in self._known:
                raise DeploymentFailed(f"{kind} {name!r} is registered twice")
            self._known.add((kind, name))
        if kind.startswith("pulumi:") or not kind.startswith("aws:"):
            return name, inputs  # a component, a provider instance, the stack
        try:
            key, outputs = make(kind, name, plain(inputs), client=self._client, region=self._region)
        except Exception as error:
            raise DeploymentFailed(f"{kind} {name!r}: {error}") from error
        return key, {**inputs, **outputs}

    def answer(self, token: str) -> Mapping[str, Any]:
        """What a function of the provider returns."""
        answers: dict[str, Mapping[str, Any]] = {
            "aws:index/getCallerIdentity:getCallerIdentity": {
                "accountId": ACCOUNT,
                "arn": f"arn:aws:iam::{ACCOUNT}:user/owner",
                "id": ACCOUNT,
                "userId": "owner",
            },
            "aws:index/getPartition:getPartition": {"dnsSuffix": "amazonaws.com", "id": "aws"},
            "aws:index/getRegion:getRegion": {"id": self._region, "name": self._region},
        }
        if token not in answers:
            raise DeploymentFailed(f"the stand cannot answer {token}")
        return answers[token]

    def enter(self) -> None:
        """Let a thread of the mocks have a loop, which they would leave open."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            if not hasattr(self._own, "loop"):
                self._own.loop = asyncio.new_event_loop()
                asyncio.set_event_loop(self._own.loop)
                with self._lock:
                    self._loops.append(self._own.loop)

    def leave(self) -> None:
        """The threads have ended."""
        for loop in self._loops:
            loop.close()


def plain(value: Any) -> Any:
    """Inputs as they were written: pulumi sends every number as a float, and wraps secrets."""
    if isinstance(value, Mapping):
        if _SEALED in value:
            return plain(value["value"])
        return {key: plain(one) for key, one in value.items() if not key.startswith("__")}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _run(program: Callable[[], None], engine: _Engine, project: str, stack: str) -> None:
    from pulumi.runtime import mocks, settings
    from pulumi.runtime.stack import run_in_stack

    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # what fails is raised, once
    asyncio.set_event_loop(loop)
    try:
        state: Any = settings.SETTINGS
        state.outputs, state.lock = type(state.outputs)(), threading.Lock()
        monitor = _monitor(engine)
        mocks.set_mocks(monitor.mocks, project, stack, preview=False, monitor=monitor)
        settings.set_root_resource(cast("Any", None))  # for the one in which the program runs
        loop.run_until_complete(run_in_stack(program))
    except Exception as error:
        if engine.failed is not None:  # what pulumi says of it is less
            raise engine.failed from error
        raise
    finally:
        loop.run_until_complete(_end_tasks())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
        engine.leave()
        asyncio.set_event_loop(None)
        settings.reset_options()
        settings.reset_options()  # what was unset becomes pulumi's default, until it is unset too


async def _end_tasks() -> None:
    """End what waits for a resource that could not be made."""
    while True:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        if not left:
            return
        for one in left:
            one.cancel()
        await asyncio.gather(*left, return_exceptions=True)


def _monitor(engine: _Engine) -> Any:
    from pulumi.runtime import mocks, rpc

    class Making(mocks.Mocks):
        def new_resource(self, args: Any) -> Any:
            try:
                return engine.register(args.typ, args.name, args.inputs)
            except DeploymentFailed as failed:
                engine.failed = engine.failed or failed
                raise

        def call(self, args: Any) -> Any:
            return engine.answer(args.token)

    class Monitor(mocks.MockMonitor):
        def RegisterResource(self, request: Any) -> Any:
            engine.enter()
            return super().RegisterResource(request)

        def Invoke(self, request: Any) -> Any:
            engine.enter()
            return super().Invoke(request)

        def RegisterResourceOutputs(self, request: Any) -> Any:
            engine.enter()
            if "pulumi:pulumi:Stack::" in request.urn:
                engine.exported = plain(rpc.deserialize_properties(request.outputs))
            return super().RegisterResourceOutputs(request)

    return Monitor(Making())
