"""Tables of SQLite, by the standard library.

===============  ==============================================================================
module           noun
===============  ==============================================================================
``connection``   a connection, and its errors by name
``types``        columns as declared types, and back
``rows``         a table replaced in one transaction, and read
===============  ==============================================================================
"""

from __future__ import annotations

from typing import List

__all__: List[str] = []
