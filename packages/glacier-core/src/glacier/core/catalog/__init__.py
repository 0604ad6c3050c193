"""What lies below a root folder, in all of its stores: found, looked into, traced, collected.

::

    ROOT/storage/<name>    a store for each object storage that pipelines declare
    ROOT/workspace         Glacier's own: caches, and what failed runs leave

=============  ================================================================================
module         noun
=============  ================================================================================
``locations``  the stores of a root
``datasets``   a stored dataset, and how it is found by a name
``heads``      the first rows of a version, read as far as they are shown
``cells``      a value as rows and cells, for people and for JSON
``lineage``    what a version was made from, however far back
``clearing``   the collector, over all stores of a root
=============  ================================================================================
"""

from __future__ import annotations

from typing import List

__all__: List[str] = []
