"""Tables of the databases that SQLAlchemy knows, other than SQLite and PostgreSQL.

===============  ==============================================================================
module           noun
===============  ==============================================================================
``connection``   a connection, and what a dialect is told
``abilities``    what a database can undo, and turns of writers
``types``        columns as the types of a dialect, and back
``values``       rows as a driver takes and gives them
``notes``        the side table: which run has written a table
``renaming``     a table that takes the place of another
``filling``      rows into a table
``writing``      a table replaced at one moment
``reading``      a table or a query, as a stream
``errors``       what SQLAlchemy raises, by name and without passwords
===============  ==============================================================================
"""

from __future__ import annotations

from typing import List

__all__: List[str] = []
