"""Tables of PostgreSQL, by psycopg 3.

===============  ==============================================================================
module           noun
===============  ==============================================================================
``connection``   a connection, and its errors by name
``types``        columns as types of the server, and back
``copying``      rows as ``COPY`` takes and gives them
``notes``        the side table: which run has written a table
``writing``      a table replaced in one transaction
``reading``      a table or a query through a cursor of the server
===============  ==============================================================================
"""

from __future__ import annotations

from typing import List

__all__: List[str] = []
