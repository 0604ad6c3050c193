"""What a task in the cloud needs of this package: no Pulumi, no SDK, and nothing else of it.

=========  ===================================================================
module     noun
=========  ===================================================================
opening    the store at ``az://container/prefix``
settings   account, endpoint and credentials, as Azure's own tools find them
=========  ===================================================================
"""

from glacier.azure.runtime.opening import open_store

__all__ = ["open_store"]
