"""Looks at what a run notes, again and again, until it is over."""

from __future__ import annotations

from time import monotonic, sleep
from typing import Callable, Dict, Iterable, NamedTuple, Optional, Protocol

from glacier.core.contracts import State
from glacier.core.errors import GlacierError
from glacier.core.events import Event
from glacier.core.following.books import Books
from glacier.core.following.conductor import Conductor, Phase, Status
from glacier.core.following.notes import Notes

__all__ = ["Clock", "Follower", "Pace", "SystemClock"]


class Clock(Protocol):
    """The time of a follower; a test gives it another one."""

    def now(self) -> float:
        """Seconds that only grow."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""
        ...


class SystemClock:
    """The time of this machine."""

    now = staticmethod(monotonic)

    @staticmethod
    def sleep(seconds: float) -> None:
        sleep(seconds)


class Pace(NamedTuple):
    """How often a follower looks.

    It begins with pauses of ``first`` seconds, which grow to ``most`` while nothing is new; a look
    that takes long is not repeated before three times that. It bears with a store or a service that
    cannot be reached for ``patience`` seconds.
    """

    first: float = 0.1
    most: float = 1.0
    patience: float = 60.0


_GROWTH = 1.5
_LEISURE = 3.0  # the least part of the time that is spent waiting is this against one


class Follower:
    """Follows one run, and keeps its books."""

    def __init__(
        self,
        notes: Notes,
        books: Books,
        conductor: Conductor,
        *,
        emit: Optional[Callable[[Event], None]],
        pace: Optional[Pace] = None,
        clock: Optional[Clock] = None,
    ) -> None:
        self.notes = notes
        self.books = books
        self.conductor = conductor
        self.emit = emit
        self.pace = Pace() if pace is None else pace
        self.clock: Clock = SystemClock() if clock is None else clock
        self._asked: Optional[float] = None  # when the service was asked last
        self._troubles: Dict[str, float] = {}  # since when the store, or the service, fails

    def follow(self) -> Status:
        """Tell what happens until the run is over; how it ended.

        Raises what stores and the service raise for longer than the pace bears with.
        """
        pause, over = self.pace.first, None
        while True:
            began = self.clock.now()
            news = self._look()
            if over is not None and "store" not in self._troubles:
                return over  # this look began after the end, so nothing is missing
            over = over or self._over()
            took = self.clock.now() - began
            pause = self.pace.first if news else min(pause * _GROWTH, self.pace.most)
            if over is None or "store" in self._troubles:
                self.clock.sleep(max(pause, _LEISURE * took))

    def tell(self, events: Iterable[Event]) -> bool:
        """Tell listeners; whether there was anything to tell."""
        told = False
        for event in events:
            told = True
            if self.emit is not None:
                self.emit(event)
        return told

    def _look(self) -> bool:
        """Take in what is new; whether anything is."""
        try:
            notes = self.notes.look()
        except GlacierError as error:
            self._bear("store", error)
            return False
        self._troubles.pop("store", None)
        self.tell(self.books.take(notes))
        return bool(notes)

    def _over(self) -> Optional[Status]:
        """How the run ended; ``None`` while it goes on."""
        ended = self.books.ended
        if ended is not None:
            well = ended.state is State.SUCCEEDED
            return Status(Phase.SUCCEEDED if well else Phase.FAILED)
        now = self.clock.now()
        if self._asked is not None and now - self._asked < self.pace.most:
            return None
        self._asked = now
        try:
            status = self.conductor.status(self.books.run)
        except GlacierError as error:
            self._bear("service", error)
            return None
        self._troubles.pop("service", None)
        return None if status.phase is Phase.RUNNING else status

    def _bear(self, what: str, error: GlacierError) -> None:
        now = self.clock.now()
        since = self._troubles.setdefault(what, now)
        if not error.retryable or now - since > self.pace.patience:
            raise error
