"""A stand-in for Pulumi's engine, for tests: a program ``pulumi`` that the Automation API drives.

::

    command ──► backend    the stacks, their locks and their history, as files
       │  └───► sealing    secrets in the state, encrypted with the passphrase
       ▼
    operations ► host      the user's program, over gRPC: monitor ──► deployment ──► cloud
       └───────► events    what is told to the Automation API while it happens

It registers resources, keeps state, compares and deletes as the engine does, and speaks its
protocols. What it cannot do is refused by name. ``cloud`` stands for all clouds: resources are
files in a folder, so a test can look at what is there, or put something in the way.
"""
