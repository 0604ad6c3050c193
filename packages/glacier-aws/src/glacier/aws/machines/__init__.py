"""State machines of AWS Step Functions that run a plan, as data.

A machine begins the run, calls the function of each step when all that it waits for has ended,
and finishes the run. A step that fails keeps no other from running that does not wait for it. Only
names, numbers and how steps ended go from state to state, never data.

``compiling`` makes the machines; ``splitting`` cuts what is too large for one, by ``quotas``;
``parts`` writes the states of several steps, ``steps`` those of one by the rules of ``needs``,
``items`` those of a mapped one; ``states`` has the single states, ``labels`` their names, ``flow``
strings them together. ``checking`` finds what is wrong with a definition.
"""

from __future__ import annotations

from glacier.aws.machines.checking import problems_of
from glacier.aws.machines.compiling import machines_of
from glacier.aws.machines.machine import Machine

__all__ = ["Machine", "machines_of", "problems_of"]
