"""What a task's result depends on, as one hash that is the same on every Python.

::

    code_of(function)   the function's syntax, and that of all it uses of the user's own code
          │                                               (syntax, sources, literals)
          ▼
    combine(code, version, params, inputs)  ─►  "9f3a…"
"""

from __future__ import annotations

from glacier.core.fingerprint.code import Code, code_of
from glacier.core.fingerprint.recipe import combine

__all__ = ["Code", "code_of", "combine"]
