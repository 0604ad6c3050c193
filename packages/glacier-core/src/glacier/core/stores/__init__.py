"""Stores: bytes by key, of which no reader ever sees half.

========= ===================================================================================
module    noun
========= ===================================================================================
keys      what a key may be
failures  errors of the operating system → errors of stores
locks     a lock between processes that the kernel frees with its holder
files     files that are put in their place at once, and are there after a power cut
staging   temporary files, and those that killed processes left
listing   what is in a folder, and what tells one content from another
folder    :class:`DirectoryStore`
answers   errors of obstore → errors of stores
streams   what a storage sends, a block at a time
clients   the clients of obstore that a store has in this process
copies    temporary files of a store that has no folder
objects   :class:`ObjectStore`, a bucket by way of obstore
addresses the store at an address, by its scheme
========= ===================================================================================
"""

from __future__ import annotations

from glacier.core.stores.folder import DirectoryStore
from glacier.core.stores.keys import check_key

__all__ = ["DirectoryStore", "check_key"]
