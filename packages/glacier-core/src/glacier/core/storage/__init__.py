"""Between a run and what it stores: each dataset has a shelf, and a run has a depot of them.

::

    launch ─▶ open_depot ─▶ Depot.begin      pins what is read from outside
                              │
      scheduler ─▶ Depot.prepare             up to date? else the call gets shelves and an origin
                              │
        worker ─▶ take, function, deposit    reads and writes through the shelves
                              │
      scheduler ─▶ Depot.note                contents, for the fingerprints of what comes after
                              ▼
                                             after a failure: salvage, which is a room of its own

=============  ================================================================================
module         noun
=============  ================================================================================
``records``    a stored state, and where a new one comes from
``shelf``      the protocols: where one dataset is read, and kept
``files``      a dataset as versions in a store
``tables``     a dataset as a table of a database
``outside``    a dataset under somebody else's keys
``places``     what an executor makes of declared storages
``folders``    the same as folders below one root
``ancestry``   the stored versions behind a dataset
``contents``   hashes of what a run is fed with
``recipes``    what a step's result depends on
``decisions``  whether a step will run, and why
``sources``    what a run reads from outside
``resuming``   which steps of a failed run need not be repeated
``depot``      the stored datasets of one run
``explaining`` what a run would do
``opening``    which datasets of a run are kept, and where
``passing``    a worker's part: reading inputs, keeping outputs
=============  ================================================================================
"""

from __future__ import annotations

from glacier.core.storage.records import Kept, Origin
from glacier.core.storage.shelf import Shelf, WritableShelf

__all__ = ["Kept", "Origin", "Shelf", "WritableShelf"]
