"""What the identity that deploys may do itself, from what a synthesis registers.

========  ====================================================================
module    noun
========  ====================================================================
table     the actions that a resource of each type needs, and on what
policies  documents of them, each small enough for a managed policy
========  ====================================================================
"""

from __future__ import annotations

__all__: list[str] = []
