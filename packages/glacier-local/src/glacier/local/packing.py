"""Values as bytes: pickle protocol 5, what is large in shared memory, one copy and no more."""

from __future__ import annotations

import io
import pickle
from typing import Any, List, Optional, Tuple, Union

from glacier.local.pickler import make_pickler
from glacier.local.segment import INLINE, Data, Segment

__all__ = ["Packed", "pack", "unpack"]

Span = Tuple[int, int]

_OUT_OF_BAND = 16 * 1024
_PLAIN = (type(None), bool, int, float)


class Packed:
    """A pickled value: ``body`` holds its stream and then its buffers, at ``spans``.

    The body is bytes where it is small, otherwise a segment. Unpacking it again and again gives
    values that are independent of each other, though they share the memory that none has changed.
    """

    __slots__ = ("body", "spans")

    def __init__(self, body: Union[Data, Segment], spans: Tuple[Span, ...]) -> None:
        self.body = body
        self.spans = spans


def pack(value: Any) -> Packed:
    """Pickle a value. Raises whatever pickling it raises."""
    if type(value) in _PLAIN:
        stream = pickle.dumps(value, 5)
        return Packed(stream, ((0, len(stream)),))
    body = _Body()
    buffers: List[memoryview] = []

    def take(buffer: pickle.PickleBuffer) -> bool:
        try:
            view = buffer.raw()
        except BufferError:  # not contiguous
            return True
        if view.nbytes < _OUT_OF_BAND:
            return True
        buffers.append(view)
        return False

    make_pickler(body, take).dump(value)
    spans = [(0, body.size)]
    if body.size + sum(view.nbytes for view in buffers) > INLINE:
        body.spill()
    for view in buffers:
        spans.append((body.append(view), view.nbytes))
        view.release()
    return Packed(body.finish(), tuple(spans))


def unpack(packed: Packed) -> Any:
    """A new value from a packed one. Raises whatever unpickling it raises."""
    spans = packed.spans
    if isinstance(packed.body, Segment):
        view = packed.body.map()
    elif len(spans) == 1:
        return pickle.loads(packed.body)
    else:
        view = memoryview(bytearray(packed.body))  # what is unpickled may write to its buffers
    (begin, size), *rest = spans
    buffers = [view[at : at + length] for at, length in rest]
    return pickle.loads(view[begin : begin + size], buffers=buffers)


class _Body:
    """What the pickler writes to: memory of this process until it becomes too much."""

    def __init__(self) -> None:
        self._memory = io.BytesIO()
        self._segment: Optional[Segment] = None
        self.size = 0

    def write(self, data: Data) -> int:
        """The method that picklers call."""
        length = memoryview(data).nbytes
        if self._segment is None and self.size + length > INLINE:
            self.spill()
        if self._segment is not None:
            self._segment.write(data)
        else:
            self._memory.write(data)
        self.size += length
        return length

    def append(self, view: memoryview) -> int:
        """Add a buffer; returns the offset at which it begins."""
        if self._segment is not None:
            self._segment.align()
            return self._segment.write(view)
        begin = self._memory.tell()
        self._memory.write(view)
        return begin

    def spill(self) -> None:
        """Go on in shared memory, if that is not scarce."""
        if self._segment is None and not Segment.scarce():
            self._segment = Segment.create()
            self._segment.write(self._memory.getbuffer())
            self._memory = io.BytesIO()

    def finish(self) -> Union[bytes, Segment]:
        return self._memory.getvalue() if self._segment is None else self._segment
