"""Waiting for what ends."""

from __future__ import annotations

import signal
import threading
from time import monotonic
from typing import Any, List

import pytest

from glacier.core.arrivals import Arrivals


def in_time(wait: Any, seconds: float = 20.0) -> Any:
    """What a call returns on a thread of its own, so that one that never ends fails the test."""
    found: List[Any] = []
    thread = threading.Thread(target=lambda: found.append(wait()), daemon=True)
    thread.start()
    thread.join(seconds)
    assert found, f"it did not end within {seconds} s"
    return found[0]


def test_things_come_in_their_order() -> None:
    arrivals: Arrivals[int] = Arrivals()
    assert arrivals.empty()
    for number in range(3):
        arrivals.put(number)
    assert not arrivals.empty()
    assert [arrivals.get(), arrivals.get(0.0), arrivals.get()] == [0, 1, 2]
    assert arrivals.empty()


def test_a_wait_that_is_over_at_once_ends() -> None:
    def wait() -> int:
        for number in range(50_000):  # any of them might be held up while it begins
            arrivals: Arrivals[int] = Arrivals()
            assert arrivals.get(number % 3 * 1e-7) is None
        return 1

    assert in_time(wait, 60)


def test_nothing_is_lost_between_threads() -> None:
    arrivals: Arrivals[int] = Arrivals()
    senders = [
        threading.Thread(target=lambda: [arrivals.put(1) for _ in range(20_000)]) for _ in range(3)
    ]

    def wait() -> int:
        return sum(arrivals.get() for _ in range(60_000))

    for sender in senders:
        sender.start()
    assert in_time(wait) == 60_000
    assert arrivals.empty()
    for sender in senders:
        sender.join()


def test_what_comes_ends_a_wait() -> None:
    arrivals: Arrivals[str] = Arrivals()
    timer = threading.Timer(0.01, arrivals.put, ["come"])
    timer.start()
    assert in_time(lambda: arrivals.get(1000.0)) == "come"
    assert arrivals.get(0.0) is None
    timer.join()


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no timers that signal")
def test_a_signal_that_is_handled_until_the_wait_is_over_does_not_lengthen_it() -> None:
    arrivals: Arrivals[str] = Arrivals()
    handled: List[float] = []

    def handle(*_: object) -> None:
        if handled:
            arrivals.put("it never ended")
            return
        handled.append(monotonic())
        while monotonic() < handled[0] + 0.1:
            pass

    before = signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, 0.02, 5.0)
    try:
        assert arrivals.get(0.05) is None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    assert handled
