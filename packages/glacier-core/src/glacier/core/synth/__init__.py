"""What a pipeline would be in a cloud: its resources and permissions, without any cloud.

``sources`` executes a file afresh inside ``program``, which stands in for Pulumi's engine;
``plain`` makes what is registered readable, ``waiting`` says where tasks wait that need not,
``advice`` what is doubtful; ``record`` is the result, ``text`` what people read of it, and
``changes`` what differs from an earlier one.
"""

from __future__ import annotations

from glacier.core.synth.changes import Change, changes
from glacier.core.synth.record import Named, Synth
from glacier.core.synth.sources import synth_declared, synth_file, synth_of

__all__ = [
    "Change",
    "Named",
    "Synth",
    "changes",
    "synth_declared",
    "synth_file",
    "synth_of",
]
