"""One file, four providers: another cloud is another line.

Run it: ``python provider_switching.py``. It needs ``glacier-pipeline[all]`` and no cloud: the
pipeline runs on this machine, and what it would be on AWS, Azure and Google Cloud is printed. In a
file of your own there is one provider, and ``glacier synth`` prints the same of it.
"""

from typing import Annotated, Dict, List

from glacier.aws import AWSProvider
from glacier.azure import AzureProvider
from glacier.core import Dataset, Environment, Pipeline, Provider, Secret
from glacier.gcp import GCPProvider
from glacier.local import LocalExecutor, LocalProvider

PROVIDERS: List[Provider] = [
    LocalProvider(),
    AWSProvider(account="123456789012", region="eu-central-1"),
    AzureProvider(subscription="f3b2a1d0-5c4e-4f6a-8b7c-9d0e1f2a3b4c", region="westeurope"),
    GCPProvider(project="acme-sales", region="europe-west3"),
]

Row = Dict[str, int]
Raw = Annotated[List[Row], Dataset("raw")]
Large = Annotated[List[Row], Dataset("large")]
pipeline = Pipeline(name="orders")


@pipeline.task
def extract(key: Annotated[str, Secret("crm-key")]) -> Raw:
    return [{"order": number, "amount": number * len(key)} for number in range(1, 5)]


@pipeline.task
def choose(rows: Raw) -> Large:
    return [row for row in rows if row["amount"] > 10]


def environment(provider: Provider) -> Environment:
    """All that the pipeline uses, in no cloud's words."""
    env = Environment(provider, name=provider.kind, tags={"team": "sales"})
    env.secret("crm-key")
    env.bind(
        {
            Raw: env.object_storage("lake", versioning=True, lifecycle_days=90),
            Large: env.database("shop", size="small"),
        }
    )
    return env


environments = [environment(provider) for provider in PROVIDERS]

if __name__ == "__main__":
    import os

    os.environ.setdefault("GLACIER_SECRET_CRM_KEY", "s3cret")
    here, *clouds = environments
    print(LocalExecutor(history=False).execute(here.bound(pipeline))["large"])
    for env in clouds:
        print(env.synth(pipeline))
