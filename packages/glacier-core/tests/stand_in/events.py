"""What is told to the Automation API while an operation runs."""

from __future__ import annotations

import json
import threading
import time
from queue import SimpleQueue
from typing import Any, Dict, Iterator, Mapping, Optional

import grpc
from pulumi.runtime.proto import events_pb2, events_pb2_grpc

__all__ = ["Events"]


class Events:
    """Sends events to ``address``, ``tcp://host:port``; to nobody without one."""

    def __init__(self, address: Optional[str]) -> None:
        self._queue: SimpleQueue[Optional[Dict[str, Any]]] = SimpleQueue()
        self._count = 0
        self._lock = threading.Lock()
        self._sent: Any = None
        if address:
            self._channel = grpc.insecure_channel(address.replace("tcp://", "", 1))
            stub = events_pb2_grpc.EventsStub(self._channel)
            self._sent = stub.StreamEvents.future(self._requests())

    def _requests(self) -> Iterator[events_pb2.EventRequest]:
        for event in iter(self._queue.get, None):
            yield events_pb2.EventRequest(event=json.dumps(event))

    def send(self, **event: Any) -> None:
        """Send one event."""
        with self._lock:
            self._count += 1
            stamp = {"sequence": self._count, "timestamp": int(time.time())}
            self._queue.put({**stamp, **event})

    def step(self, event: str, operation: str, row: Mapping[str, Any], **more: Any) -> None:
        """Tell a step of one resource."""
        facts = {"op": operation, "urn": row["urn"], "type": row["type"], "provider": ""}
        self.send(**{event: {"metadata": facts, **more}})

    def fail(self, urn: str, message: str) -> None:
        """Tell why something failed, with the marks of colours that the engine has in its texts."""
        text = f"<{{%reset%}}>{message}<{{%reset%}}>\n"
        told = {"urn": urn, "severity": "error", "message": text, "color": "never"}
        self.send(diagnosticEvent=told)

    def close(self) -> None:
        """Wait until all is sent."""
        self.send(cancelEvent={})
        self._queue.put(None)
        if self._sent is not None:
            self._sent.result(timeout=30)
            self._channel.close()
