"""One step of a plan: what a task's function is called with, and what comes out of it."""

from __future__ import annotations

from typing import NamedTuple, Optional, Tuple

__all__ = ["FORMAT", "Caching", "Identity", "Policy", "Slot", "Step"]

FORMAT = 1
"""The format of plans and calls; one that differs is refused by name."""


# Named tuples rather than dataclasses: a plan has one for every parameter of every task.
class Slot(NamedTuple):
    """What one parameter of a step is filled with.

    ``kind`` is an ``input``, ``parameter``, ``secret``, ``context`` or ``fixed``; ``source`` the
    name of the dataset, run parameter or secret. ``each`` passes one item of the dataset per call,
    ``stream`` an iterator over it. An ``optional`` one is ``None`` where its producer was skipped,
    or left out where the function has a default (``defaulted``). ``wanted`` is the name, with its
    module, of the type that a stored value is to be read as; empty for the one it was written as.
    """

    parameter: str
    kind: str
    source: str = ""
    keyword: bool = False
    each: bool = False
    optional: bool = False
    defaulted: bool = False
    stream: bool = False
    wanted: str = ""


class Caching(NamedTuple):
    """When an earlier result of a step may stand for a new one.

    ``cache`` is what the task says, ``None`` for what the run says; ``lifetime`` is in seconds,
    ``None`` for ever. ``version`` is part of the fingerprint.
    """

    cache: Optional[bool] = None
    lifetime: Optional[float] = None
    version: Optional[str] = None


class Policy(NamedTuple):
    """How often a step is tried, and how long a call of it may take; of a mapped one each item.

    ``retries`` is how many attempts may follow the first. ``delay`` (seconds) is the longest pause
    before the second one, and doubles from then on. ``retry_on`` are the names, with their modules,
    of the exception types to try again on; without any it is every ``Exception``. ``timeout`` is
    in seconds.
    """

    retries: int = 0
    delay: float = 1.0
    retry_on: Tuple[str, ...] = ()
    timeout: Optional[float] = None


class Identity(NamedTuple):
    """Who a task is where it is deployed, of one that says so.

    ``group`` is whom it is one with, empty for one by itself; ``permissions`` are pairs of an
    action and what it is allowed on, in the words of the cloud.
    """

    task: str
    group: str = ""
    permissions: Tuple[Tuple[str, str], ...] = ()


class Step(NamedTuple):
    """One task of a plan. ``many`` is whether it returns one value for each of its outputs.

    ``plain`` is whether every slot is a dataset that is passed by position, ``each`` the position
    of the mapped slot among its inputs (-1 without one), and ``lazy`` whether an iterator that it
    returns goes as it is to its one reader, rather than being collected into a list. ``policy`` is
    ``None`` for one that is tried once, without a limit, ``caching`` for one that does as the run
    does. Of those that may begin, one of a higher ``priority`` does so first.
    """

    task: str
    slots: Tuple[Slot, ...]
    outputs: Tuple[str, ...]
    many: bool = False
    when: Optional[str] = None
    is_async: bool = False
    tags: Tuple[str, ...] = ()
    plain: bool = True
    each: int = -1
    lazy: bool = False
    policy: Optional[Policy] = None
    caching: Optional[Caching] = None
    priority: float = 0

    @property
    def limit(self) -> float:
        """How many seconds a call of it may take; 0 for any."""
        return 0.0 if self.policy is None else self.policy.timeout or 0.0

    @property
    def inputs(self) -> Tuple[str, ...]:
        """The datasets that it reads, one for every input slot, in their order."""
        return tuple(slot.source for slot in self.slots if slot.kind == "input")
