"""The agenda: what is due comes in the order of time, and what was dropped never does."""

from __future__ import annotations

from typing import Any, List, Tuple

from hypothesis import given
from hypothesis import strategies as st

from glacier.core.agenda import Agenda
from glacier.core.arrivals import Arrivals
from glacier.core.clock import SystemClock
from glacier.core.testing import FakeClock


@given(plans=st.lists(st.tuples(st.floats(0, 100), st.booleans()), max_size=200))
def test_entries_come_in_order_and_dropped_ones_not(plans: List[Tuple[float, bool]]) -> None:
    clock = FakeClock()
    agenda: Agenda[Tuple[float, int]] = Agenda(clock)
    entries = [agenda.add(after, (after, n)) for n, (after, _) in enumerate(plans)]
    for entry, (_, drop) in zip(entries, plans):
        if drop:
            agenda.drop(entry)
            agenda.drop(entry)  # a second time does nothing
    left = [(after, n) for n, (after, drop) in enumerate(plans) if not drop]
    assert len(agenda) == len(left)
    found: List[Tuple[float, int]] = []
    arrivals: Arrivals[int] = Arrivals()
    while agenda:
        assert agenda.wait(arrivals) is None
        due = agenda.due()
        assert due, "it waits no longer than it must"
        found += due
    assert sorted(found) == sorted(left)
    assert all(one[0] <= other[0] + 1e-5 for one, other in zip(found, found[1:]))


def test_what_arrives_ends_the_wait() -> None:
    for clock in (FakeClock(), SystemClock()):
        agenda: Agenda[Any] = Agenda(clock)
        arrivals: Arrivals[str] = Arrivals()
        arrivals.put("a")
        assert agenda.wait(arrivals) == "a", "with nothing on the agenda too"
        entry = agenda.add(1000, "later")
        arrivals.put("b")
        assert agenda.wait(arrivals) == "b"
        assert agenda.due() == []
        agenda.drop(entry)
        assert not agenda


def test_the_time_of_this_machine_passes() -> None:
    agenda: Agenda[str] = Agenda(SystemClock())
    agenda.add(0.001, "soon")
    arrivals: Arrivals[str] = Arrivals()
    due: List[str] = []
    while not due:  # a lock may wake a moment early
        assert agenda.wait(arrivals) is None
        due = agenda.due()
    assert due == ["soon"]
    assert 0 <= SystemClock.chance() < 1
