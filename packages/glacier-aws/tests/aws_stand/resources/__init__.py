"""How each type of resource is made: Pulumi's inputs, as requests to AWS."""

from aws_stand.resources import buckets, functions, keeping, machines, roles
from aws_stand.resources.rows import Clients, UnknownType, known, make

__all__ = [
    "Clients",
    "UnknownType",
    "buckets",
    "functions",
    "keeping",
    "known",
    "machines",
    "make",
    "roles",
]
