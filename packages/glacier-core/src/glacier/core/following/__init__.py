"""The client's side of a deployed run: start it, follow it, read what it has made.

A deployed pipeline runs by itself; what it does it notes in its workspace (``remote``). A client
lists the notes of one run again and again and tells listeners the same as a local run would. It may
stop at any time, and another one go on: nothing of the run is kept with a client.

===========  =====================================================================================
module       noun
===========  =====================================================================================
``conductor``  what a client asks of the service that conducts runs
``errors``    a run that could not begin, a task of which no record is left, a follower that left
``notes``     what the workspace has of a run, found by listing
``evidence``  what is known of one task
``books``     what is known of all: events for listeners, and the log of the run
``follower``  looks again and again, to the end
``shelves``   where the datasets of a deployed pipeline are, for a client
``drift``     what is deployed and what is here, compared
``deployment``  a deployed pipeline, as a client sees it: its runs are started and followed there
``replaying``  a task of a run again, on this machine
``executor``  the executor of a provider, but for how what is deployed is found
===========  =====================================================================================
"""

from __future__ import annotations

from typing import List

__all__: List[str] = []
