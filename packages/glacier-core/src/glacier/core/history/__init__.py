"""The history of runs, in an embedded SQLite file that several processes may write at once.

``recorder`` is a listener that writes it, ``reader`` reads it, and ``database`` knows the file:
its place, its schema, and how to open it. Whoever writes needs nothing of what reads, so each is
imported from its own module.
"""
