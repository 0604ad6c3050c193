"""Options for retries and timeouts: what is taken, what is refused, and how it travels."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any, Dict, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier.core import Dataset, DefinitionError, Pipeline, Skip
from glacier.core.attempts import LONGEST, is_retryable, longest_pause
from glacier.core.errors import InvalidOption, WorkerLost, WrongOutputs
from glacier.core.plan import Plan
from glacier.core.step import Policy

raw = Dataset("raw")


class Local(ConnectionError):
    """Known by its name with its module."""


def policy_of(**options: Any) -> Optional[Policy]:
    pipeline = Pipeline("etl")

    @pipeline.task(**options)
    def load() -> raw: ...

    (step,) = pipeline.plan().steps
    return step.policy


def test_without_options_there_is_no_policy() -> None:
    assert policy_of() is None
    assert policy_of(retries=0) is None


@pytest.mark.parametrize(
    ("options", "policy"),
    [
        ({"retries": 3}, Policy(3)),
        ({"retries": 3, "retry_delay": 0}, Policy(3, 0.0)),
        ({"retries": 1, "retry_delay": timedelta(minutes=2)}, Policy(1, 120.0)),
        ({"timeout": 30}, Policy(timeout=30.0)),
        ({"timeout": timedelta(milliseconds=5)}, Policy(timeout=0.005)),
        ({"retries": 1, "retry_on": OSError}, Policy(1, retry_on=("builtins.OSError",))),
        (
            {"retries": 1, "retry_on": (Local, KeyError)},
            Policy(1, retry_on=(f"{__name__}.Local", "builtins.KeyError")),
        ),
        ({"retries": 1, "retry_on": [KeyError]}, Policy(1, retry_on=("builtins.KeyError",))),
    ],
)
def test_durations_are_seconds_and_types_are_names(options: Dict[str, Any], policy: Policy) -> None:
    assert policy_of(**options) == policy


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"retries": -1}, "retries= is -1 (an int). Give how often to try again"),
        ({"retries": 1.5}, "retries= is 1.5 (a float)"),
        ({"retries": "3"}, "retries= is '3' (a str)"),
        ({"retries": True}, "retries= is True (a bool)"),
        ({"retries": None}, "retries= is None"),
        ({"retry_delay": 3}, "say how often too, such as retries=3"),
        ({"retry_on": KeyError}, "say how often too, such as retries=3"),
        ({"retries": 1, "retry_delay": -1}, "a number of seconds not below zero, or a timedelta"),
        ({"retries": 1, "retry_delay": "1 s"}, "retry_delay= is '1 s' (a str)"),
        ({"retries": 1, "retry_delay": True}, "retry_delay= is True (a bool)"),
        ({"timeout": 0}, "timeout= is 0 (an int). Give a number of seconds above zero"),
        ({"timeout": timedelta(0)}, "a number of seconds above zero, or a timedelta: timeout=30"),
        ({"timeout": float("inf")}, "timeout= is inf (a float)"),
        ({"timeout": float("nan")}, "timeout= is nan (a float)"),
        ({"timeout": Decimal(3)}, "timeout= is Decimal('3')"),
        ({"retries": 1, "retry_on": KeyError("a")}, "the type itself: retry_on=KeyError"),
        ({"retries": 1, "retry_on": ()}, "retry_on= is ()"),
        ({"retries": 1, "retry_on": "KeyError"}, "retry_on= is 'KeyError' (a str)"),
        ({"retries": 1, "retry_on": (KeyError, int)}, "Give exception types"),
        ({"retries": 1, "retry_on": Skip}, "raises Skip has not failed"),
        ({"retries": 1, "retry_on": KeyboardInterrupt}, "KeyboardInterrupt ends a program"),
    ],
)
def test_what_has_no_meaning_is_refused_where_it_stands(options: Dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        policy_of(**options)
    assert isinstance(caught.value, DefinitionError)
    text = str(caught.value)
    assert text.startswith("load (")
    assert "test_policy.py:" in text
    assert said in text


policies = st.builds(
    Policy,
    st.integers(0, 50),
    st.just(0.0) | st.floats(1e-6, 1e6),
    st.lists(st.sampled_from(["builtins.OSError", "a.b.C.<locals>.D"]), max_size=2).map(tuple),
    st.none() | st.floats(0.001, 1e9),
)


@given(policy=st.none() | policies)
def test_a_plan_takes_policies_along(policy: Optional[Policy]) -> None:
    pipeline = Pipeline("etl")

    @pipeline.task
    def load() -> raw: ...

    (step,) = pipeline.plan().steps
    plan = Plan("etl", (step._replace(policy=policy),))
    again = Plan.from_json(json.loads(json.dumps(plan.to_json())))
    assert again == plan
    assert again.steps[0].limit == ((policy.timeout or 0.0) if policy else 0.0)


@given(policy=policies, attempt=st.integers(1, 10_000))
def test_pauses_double_up_to_a_minute(policy: Policy, attempt: int) -> None:
    pause = longest_pause(policy, attempt)
    assert 0 <= pause <= max(LONGEST, policy.delay)
    assert longest_pause(policy, 1) == policy.delay
    following = longest_pause(policy, attempt + 1)
    assert following == min(2 * pause, max(LONGEST, policy.delay))


def test_what_is_tried_again() -> None:
    every, some = Policy(1), Policy(1, retry_on=("builtins.OSError",))
    assert is_retryable(every, ValueError())
    assert not is_retryable(every, KeyboardInterrupt())
    assert not is_retryable(every, None)
    assert not is_retryable(every, InvalidOption(where="w", option="o", found=1, mend="m"))
    assert not is_retryable(every, WrongOutputs(where="w", outputs=["a"], found="f"))
    assert is_retryable(some, Local())
    assert not is_retryable(some, ValueError())
    assert is_retryable(some, WorkerLost("says nothing of the task"))


def test_an_error_that_stands_for_another_is_judged_by_that() -> None:
    error = WrongOutputs(where="w", outputs=["a"], found="f")
    error.retryable = True
    error.kinds = ("shop.Down", "builtins.ConnectionError", "builtins.Exception")
    assert is_retryable(Policy(1), error)
    assert is_retryable(Policy(1, retry_on=("shop.Down",)), error)
    assert not is_retryable(Policy(1, retry_on=("builtins.KeyError",)), error)
    error.kinds = ("shop.Stop", "builtins.BaseException")
    assert not is_retryable(Policy(1), error)
