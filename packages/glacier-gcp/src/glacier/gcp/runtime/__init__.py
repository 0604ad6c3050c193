"""What a task in the cloud needs of this package: no Pulumi, no SDK, and nothing else of it.

========  ==================================================================
module    noun
========  ==================================================================
opening   the store at ``gs://bucket/prefix``
settings  endpoint and credentials, as Google's own tools find them
========  ==================================================================
"""

from glacier.gcp.runtime.opening import open_store

__all__ = ["open_store"]
