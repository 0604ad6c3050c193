"""Schedules: cron as people write it, and time zones by name."""

from __future__ import annotations

import pickle
import sys
from typing import Any, Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier.core import Schedule
from glacier.core.cron import parse_cron
from glacier.core.errors import InvalidOption

WEEKDAYS = (1, 2, 3, 4, 5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("* * * * *", (None, None, None, None, None)),
        ("0 6 * * mon-fri", ((0,), (6,), None, None, WEEKDAYS)),
        ("0 6 * * MON-FRI", ((0,), (6,), None, None, WEEKDAYS)),
        ("*/20 8-10 1,15 jan,dec *", ((0, 20, 40), (8, 9, 10), (1, 15), (1, 12), None)),
        ("5/20 0 * * *", ((5, 25, 45), (0,), None, None, None)),
        ("0 0 * * 7", ((0,), (0,), None, None, (0,))),
        ("0 0 * * 0", ((0,), (0,), None, None, (0,))),
        ("0 0 * * sat-sun", ((0,), (0,), None, None, (0, 6))),
        ("0 0 * * 5-7", ((0,), (0,), None, None, (0, 5, 6))),
        ("0 0 ? * 0-6", ((0,), (0,), None, None, None)),
        ("0 0 13 * fri", ((0,), (0,), (13,), None, (5,))),
        ("0 0 31 2,3 *", ((0,), (0,), (31,), (2, 3), None)),
        ("@hourly", ((0,), None, None, None, None)),
        ("@Weekly", ((0,), (0,), None, None, (0,))),
    ],
)
def test_what_an_expression_means(text: str, expected: object) -> None:
    assert parse_cron(text, where="here") == expected


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("0 6 * *", "Give five fields"),
        ("0 0 6 * * *", "Give five fields"),
        (6, "Give five fields"),
        ("@dayly", "Did you mean '@daily'"),
        ("60 * * * *", "'60' is no minute. It is 0 to 59."),
        ("0 24 * * *", "'24' is no hour. It is 0 to 23."),
        ("0 0 0 * *", "'0' is no day. It is 1 to 31."),
        ("0 0 * janu *", "Did you mean 'jan'"),
        ("0 0 * * mno", "Did you mean 'mon'"),
        ("0 0 * * 8", "'8' is no weekday"),
        ("30-10 * * * *", "A range ends after it begins"),
        ("*/0 * * * *", "A step is a number from 1"),
        ("0 0 L * *", "is no day"),
        ("0 0 30 feb *", "No such month has 30 days, so it would never start"),
        ("0 0 31 4,6 *", "No such month has 31 days"),
    ],
)
def test_what_is_no_expression_is_said_with_how_to_mend_it(text: object, mend: str) -> None:
    with pytest.raises(InvalidOption) as raised:
        parse_cron(text, where="here")
    assert mend in str(raised.value)
    assert str(raised.value).startswith("here: cron= is ")


@given(st.sets(st.integers(1, 31), min_size=1), st.integers(1, 31))
def test_lists_ranges_and_steps_are_sets_of_values(days: "set[int]", step: int) -> None:
    listed = parse_cron(f"0 0 {','.join(map(str, days))} * *", where="here").days
    assert listed == (None if len(days) == 31 else tuple(sorted(days)))
    stepped = parse_cron(f"0 0 {min(days)}-31/{step} * *", where="here").days
    expected = tuple(range(min(days), 32, step))
    assert stepped == (None if len(expected) == 31 else expected)


@pytest.mark.parametrize(
    ("options", "mend"),
    [
        ({"overlap": "alow"}, "Did you mean 'allow'?"),
        ({"overlap": True}, "Give 'skip' or 'allow'."),
        ({"timezone": ""}, "Give a name such as 'Europe/Berlin'."),
    ],
)
def test_the_other_options_are_checked(options: Dict[str, Any], mend: str) -> None:
    with pytest.raises(InvalidOption) as raised:
        Schedule(cron="@daily", **options)
    assert mend in str(raised.value)


@pytest.mark.skipif(sys.version_info < (3, 9), reason="Python 3.8 knows no time zones")
def test_a_time_zone_is_known_or_the_nearest_is_named() -> None:
    zoneinfo = pytest.importorskip("zoneinfo")
    if not zoneinfo.available_timezones():
        pytest.skip("this machine has no data of time zones")
    assert Schedule(cron="@daily", timezone="Europe/Berlin").timezone == "Europe/Berlin"
    with pytest.raises(InvalidOption, match="Did you mean 'Europe/Berlin'"):
        Schedule(cron="@daily", timezone="Europe/Berln")
    for name in ("../etc/passwd", "Europe"):
        with pytest.raises(InvalidOption):
            Schedule(cron="@daily", timezone=name)


def test_a_schedule_is_frozen_equal_by_value_and_crosses_processes() -> None:
    one = Schedule(cron="0 6 * * *", overlap="allow")
    assert one == Schedule(cron="0 6 * * *", timezone="UTC", overlap="allow")
    assert pickle.loads(pickle.dumps(one)) == one
    assert repr(one) == "Schedule(cron='0 6 * * *', timezone='UTC', overlap='allow')"
