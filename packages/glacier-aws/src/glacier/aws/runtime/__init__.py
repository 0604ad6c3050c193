"""What a task in the cloud needs of this package: no Pulumi, no SDK, and nothing else of it.

========  ==================================================================
module    noun
========  ==================================================================
handler   the entry point of every function of a deployed pipeline
secrets   secrets from Secrets Manager
opening   the store at ``s3://bucket/prefix``
settings  region, endpoint and credentials, as AWS's own tools find them
profiles  ``~/.aws/config`` and ``~/.aws/credentials``
========  ==================================================================
"""

from glacier.aws.runtime.opening import open_store

__all__ = ["open_store"]
