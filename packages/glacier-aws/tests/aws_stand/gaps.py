"""What MiniStack cannot do, by the names with which tests say that they need it."""

from __future__ import annotations

__all__ = ["GAPS"]

GAPS = {
    "a Python of its own": "functions see all that is installed where MiniStack is",
    "If-None-Match": "the policy of a bucket is not told that a request creates and never replaces",
    "absent keys": "S3 tells who may not list that a key is absent",
    "errors by name": "whatever a function fails with is a Runtime.HandlerError",
    "large results": "a function may answer with more than 6 MB",
    "memory": "a function may take all memory that there is",
    "roles of state machines": "a state machine may invoke every function",
}
