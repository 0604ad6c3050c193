"""Three layers in one file: names alone, an environment, and raw Pulumi beside it.

Run it: ``python three_layers.py``. It needs ``glacier-pipeline[aws,local]`` and no cloud: the
pipeline runs on this machine, and what it would be on AWS is printed. Another cloud is another
provider, in the one line that names it.
"""

from typing import Annotated, Dict, List, Optional

import pulumi_aws as aws

from glacier.aws import AWSProvider
from glacier.core import Dataset, Environment, Pipeline
from glacier.local import LocalExecutor, LocalProvider

Row = Dict[str, Optional[int]]

# Layer 2: what is used, in no cloud's words. Here on this machine, in production on AWS.
dev = Environment(LocalProvider(), name="dev")
prod = Environment(AWSProvider(account="123456789012", region="eu-central-1"), name="prod")
lakes = {env.name: env.object_storage("lake", lifecycle_days=365) for env in (dev, prod)}

# Layer 3: a resource of Pulumi, with everything that Pulumi knows of it.
bucket = aws.s3.Bucket("archive", tags={"team": "sales"})
aws.s3.BucketVersioning("archive", bucket=bucket.id, versioning_configuration={"status": "Enabled"})

# Layer 1: names. Only the environments know more of them.
pipeline = Pipeline(name="orders")
Raw = Annotated[List[Row], Dataset("raw")]
Clean = Annotated[List[Row], Dataset("clean", format="json")]
Report = Annotated[Dict[str, int], Dataset("report", storage=bucket)]
dev.bind({Clean: lakes["dev"]})
prod.bind({Clean: lakes["prod"]})


@pipeline.task
def extract() -> Raw:
    return [{"order": 1, "amount": 12}, {"order": 2, "amount": None}, {"order": 3, "amount": 30}]


@pipeline.task
def tidy(rows: Raw) -> Clean:
    return [row for row in rows if row["amount"] is not None]


@pipeline.task
def summarise(rows: Clean) -> Report:
    return {"orders": len(rows), "amount": sum(row["amount"] or 0 for row in rows)}


if __name__ == "__main__":
    run = LocalExecutor(history=False).execute(dev.bound(pipeline))
    print(run["report"])
    print(prod.synth(pipeline))
