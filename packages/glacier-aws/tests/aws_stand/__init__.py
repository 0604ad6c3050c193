"""Two AWS on the loopback, for tests: deploy a Pulumi program, run what it made, look at it.

``Stand`` says what both can do, ``MotoStand`` and ``MiniStand`` are them.
"""
