"""What a storage sends, a block at a time."""

from __future__ import annotations

import io
from typing import Any, Iterator

from glacier.core.stores.answers import READING, answering

__all__ = ["BLOCK", "BlockStream"]

BLOCK = 1 << 20  # bytes


class BlockStream(io.RawIOBase):
    """The body of an answer of obstore, as a file that can be read from its beginning to its end.

    What goes wrong on the way is raised as an error of the store at ``where``.
    """

    def __init__(self, answer: Any, where: str) -> None:
        super().__init__()
        self._where = where
        self._blocks = iter(answer.stream(min_chunk_size=BLOCK))
        self._rest = memoryview(b"")

    def blocks(self) -> Iterator[memoryview]:
        """What is left, block after block."""
        while True:
            with answering(self._where, doing=READING):
                block = next(self._blocks, None)
            if block is None:
                return
            yield memoryview(block)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            block = next(self.blocks(), None)
            if block is None:
                return 0
            self._rest = block
        target = memoryview(buffer).cast("B")
        count = min(len(target), len(self._rest))
        target[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
