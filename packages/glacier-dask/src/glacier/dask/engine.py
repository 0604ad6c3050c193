"""What this package uses of Dask and cloudpickle, neither of which is typed throughout."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

__all__ = [
    "Client",
    "Future",
    "annotate",
    "cloudpickle",
    "dumps",
    "get_client",
    "get_worker",
    "local_cluster",
    "new_client",
    "rejoin",
    "secede",
    "sizeof",
    "spec_cluster",
]

_distributed: Any = import_module("distributed")

if TYPE_CHECKING:
    Client: TypeAlias = Any
    Future: TypeAlias = Any
else:
    Client = _distributed.Client
    Future = _distributed.Future

annotate: Any = import_module("dask").annotate
cloudpickle: Any = import_module("cloudpickle")
dumps: Any = import_module("distributed.protocol.pickle").dumps
get_client: Any = _distributed.get_client
get_worker: Any = _distributed.get_worker
local_cluster: Any = _distributed.LocalCluster
new_client: Any = _distributed.Client
rejoin: Any = _distributed.rejoin
secede: Any = _distributed.secede
spec_cluster: Any = _distributed.SpecCluster
sizeof: Any = import_module("dask.sizeof").sizeof
