"""What the handles of a process pool hold, and how it is written into messages."""

from __future__ import annotations

from threading import Lock
from typing import Any, List, Optional, Sequence, Tuple, Union

from glacier.core.protocols import Handle, Ref, Value
from glacier.local.packing import Packed, pack, unpack
from glacier.local.segment import Segment

__all__ = ["Held", "Parts", "Wire", "open_wire", "read_wire", "value_of", "wire"]

Wire = Tuple[Any, ...]
"""A packed value in a message: its bytes or the number of its descriptor, and its spans. The list
of such of the parts of a gathered one."""


class Held:
    """A value of this process that workers will read; it is packed when the first one does."""

    __slots__ = ("_lock", "_packed", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self._packed: Optional[Packed] = None
        self._lock = Lock()

    def packed(self) -> Packed:
        with self._lock:
            if self._packed is None:
                self._packed = pack(self.value)
            return self._packed


class Parts:
    """The list of several values, each where it is."""

    __slots__ = ("refs",)

    def __init__(self, refs: Sequence[Ref]) -> None:
        self.refs = tuple(refs)


def value_of(ref: Ref) -> Any:
    """The value of a reference in this process. Raises whatever unpickling it raises."""
    if isinstance(ref, Value):
        return ref.value
    token = ref.token if isinstance(ref, Handle) else None
    if isinstance(token, Packed):
        return unpack(token)
    if isinstance(token, Held):
        return token.value
    if isinstance(token, Parts):
        return [value_of(part) for part in token.refs]
    raise TypeError(f"not a reference of this pool: {ref!r}")


def wire(ref: Ref, segments: List[Segment]) -> Wire:
    """A reference as part of a message; the segments that it needs are added to the list.

    Raises whatever pickling it raises.
    """
    if isinstance(ref, Value):
        return _packed(pack(ref.value), segments)
    token = ref.token if isinstance(ref, Handle) else None
    if isinstance(token, Packed):
        return _packed(token, segments)
    if isinstance(token, Held):
        return _packed(token.packed(), segments)
    if isinstance(token, Parts):
        return ([wire(part, segments) for part in token.refs],)
    raise TypeError(f"not a reference of this pool: {ref!r}")


def _packed(packed: Packed, segments: List[Segment]) -> Wire:
    body = packed.body
    if isinstance(body, Segment):
        segments.append(body)
        return len(segments) - 1, body.size, packed.spans
    return bytes(body), len(body), packed.spans


def read_wire(written: Wire, segments: Sequence[Segment]) -> Packed:
    """The packed value in a message that came with these segments."""
    place, size, spans = written
    body: Union[bytes, Segment]
    if isinstance(place, int):
        body = segments[place]
        body.size = size
        if Segment.scarce():
            body = body.read()
    else:
        body = place
    return Packed(body, spans)


def open_wire(written: Wire, segments: Sequence[Segment]) -> Any:
    """The value in a message. Raises whatever unpickling it raises."""
    if len(written) == 1:
        return [open_wire(part, segments) for part in written[0]]
    return unpack(read_wire(written, segments))
