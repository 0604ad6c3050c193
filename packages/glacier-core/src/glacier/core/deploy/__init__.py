"""A pipeline's resources in a cloud, through Pulumi's Automation API, for every provider alike.

``sources`` says what is executed where, ``program`` is what the engine executes, ``operations`` are
what can be done with a stack; ``stacks`` opens one, ``settings`` say where it is kept, ``holding``
what of it must stay. ``watching`` hears what the engine does, ``faults`` makes errors of what it
refuses, and ``record`` is the result, with its ``text``.
"""

from __future__ import annotations

from glacier.core.deploy.asked import Asked
from glacier.core.deploy.record import Deployment, Output, Step
from glacier.core.deploy.settings import Settings
from glacier.core.deploy.sources import operate_on, operate_on_file

__all__ = ["Asked", "Deployment", "Output", "Settings", "Step", "operate_on", "operate_on_file"]
