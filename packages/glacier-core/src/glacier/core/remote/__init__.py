"""A pipeline that runs where it was deployed: one call of one function for each step of a run.

Nothing of a run is kept between two calls but what lies in the workspace; a call is told names and
indexes, and answers with a state.

::

    _deployed/{pipeline}.json                      what is deployed: put there by the deployment
    _runs/{run}.json                               the record of a run, as everywhere
         /{run}/begin.json                         what every call of the run needs; created once
         /{run}/begin-failed.json                  why it could not begin
         /{run}/tasks/{task}.json                  how a task ended; created once
         /{run}/tasks/{task}/{attempt}.json        why an attempt failed; -{item} for an item's
         /{run}/tasks/{task}/{attempt}.started.json  that an attempt has started
         /{run}/items/{task}/{item}.json           what became of an item; created once
         /{run}/items/{task}.json                  the numbers of the items
         /{run}/end.json                           how all tasks of the run ended

All keys are known beforehand, so no call lists anything.

============  ====================================================================================
module        noun
============  ====================================================================================
``deployed``  what a bundle and a workspace say of what is deployed; the hash of a plan
``bindings``  where datasets and secrets are; the stores of those addresses
``known``     a store in which nothing may be listed
``program``   the user's pipeline in this process
``payloads``  what a call is asked
``records``   what a run leaves in the workspace
``failures``  an error as a record that holds no code, and the error made of it again
``begin``     the first call of a run
``visits``    one task, as one call sees it
``calls``     a task
``starts``    the note that a task has started
``items``     a mapped task: its items numbered, one of them, all of them together
``finish``    the last call of a run
``logs``      lines of JSON
``limits``    calls that take too long
``answers``   from a payload to an answer
``client``    what a client asks for, feeds runs with, and reads of them
============  ====================================================================================
"""

from __future__ import annotations

from typing import List

__all__: List[str] = []
