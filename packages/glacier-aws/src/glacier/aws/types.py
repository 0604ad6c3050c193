"""The types of pulumi-aws that can keep datasets, and those that should not be used any more."""

from __future__ import annotations

__all__ = ["ADOPTS", "DEPRECATED"]

ADOPTS = {
    "aws:dynamodb/table:Table": "database",
    "aws:rds/cluster:Cluster": "database",
    "aws:rds/instance:Instance": "database",
    "aws:s3/bucket:Bucket": "object_storage",
    "aws:s3/bucketV2:BucketV2": "object_storage",
}
"""Each type, with the method of environments that makes one like it."""

DEPRECATED = {
    "aws:s3/bucketObject:BucketObject": "use aws.s3.BucketObjectv2",
    "aws:s3/bucketV2:BucketV2": "use aws.s3.Bucket, with aws.s3.BucketVersioning beside it",
}
