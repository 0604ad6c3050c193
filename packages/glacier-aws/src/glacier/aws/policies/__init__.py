"""What each part of a deployed pipeline may do on AWS, as policy documents, and no more than that.

A task reads the versions of its inputs, writes those of its outputs, and keeps its own records of a
run; nobody lists anything but who fixes what is read of somebody else's files. ``keys`` says which
objects that are, ``tasks`` what functions may do with them, ``services`` what state machines and
schedules may do, ``trusts`` who may take a role. ``documents`` puts statements together, and
``sizes`` keeps them within what a role can hold.
"""

from __future__ import annotations

from glacier.aws.names import Bucket
from glacier.aws.policies.documents import Document, merged
from glacier.aws.policies.services import machine_policy, scheduler_policy
from glacier.aws.policies.sizes import Attached, attached, check_roles
from glacier.aws.policies.tasks import begin_policy, task_policy
from glacier.aws.policies.trusts import function_trust, machine_trust, scheduler_trust

__all__ = [
    "Attached",
    "Bucket",
    "Document",
    "attached",
    "begin_policy",
    "check_roles",
    "function_trust",
    "machine_policy",
    "machine_trust",
    "merged",
    "scheduler_policy",
    "scheduler_trust",
    "task_policy",
]
