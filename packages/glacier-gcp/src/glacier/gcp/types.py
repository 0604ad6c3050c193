"""The types of pulumi-gcp that can keep datasets, and those that should not be used any more."""

from __future__ import annotations

__all__ = ["ADOPTS", "DEPRECATED"]

ADOPTS = {
    "gcp:alloydb/cluster:Cluster": "database",
    "gcp:alloydb/instance:Instance": "database",
    "gcp:bigquery/dataset:Dataset": "database",
    "gcp:bigquery/table:Table": "database",
    "gcp:bigtable/table:Table": "database",
    "gcp:firestore/database:Database": "database",
    "gcp:spanner/database:Database": "database",
    "gcp:sql/database:Database": "database",
    "gcp:sql/databaseInstance:DatabaseInstance": "database",
    "gcp:storage/bucket:Bucket": "object_storage",
}
"""Each type, with the method of environments that makes one like it."""

DEPRECATED = {
    "gcp:bigquery/appProfile:AppProfile": "use gcp.bigtable.AppProfile",
    "gcp:cloudrun/service:Service": "use gcp.cloudrunv2.Service",
    "gcp:compute/mangedSslCertificate:MangedSslCertificate": (
        "use gcp.compute.ManagedSslCertificate"
    ),
    "gcp:container/registry:Registry": "use gcp.artifactregistry.Repository",
}
