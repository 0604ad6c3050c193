"""The types of Pulumi's SDKs for Azure that can keep datasets, and those that nobody should use.

``azure-native`` is pulumi-azure-native, each type without the version of its API; ``azure`` is
pulumi-azure, the older SDK, which need not be installed.
"""

from __future__ import annotations

__all__ = ["ADOPTS", "DEPRECATED"]

ADOPTS = {
    "azure-native:cosmosdb:CassandraResourceCassandraTable": "database",
    "azure-native:cosmosdb:MongoDBResourceMongoDBCollection": "database",
    "azure-native:cosmosdb:SqlResourceSqlContainer": "database",
    "azure-native:cosmosdb:TableResourceTable": "database",
    "azure-native:dbformysql:Database": "database",
    "azure-native:dbformysql:Server": "database",
    "azure-native:dbforpostgresql:Database": "database",
    "azure-native:dbforpostgresql:Server": "database",
    "azure-native:dbforpostgresql:SingleServer": "database",
    "azure-native:dbforpostgresql:SingleServerDatabase": "database",
    "azure-native:sql:Database": "database",
    "azure-native:sql:ManagedDatabase": "database",
    "azure-native:sql:ManagedInstance": "database",
    "azure-native:sql:Server": "database",
    "azure-native:storage:BlobContainer": "object_storage",
    "azure-native:storage:Table": "database",
    "azure:cosmosdb/sqlContainer:SqlContainer": "database",
    "azure:cosmosdb/table:Table": "database",
    "azure:mssql/database:Database": "database",
    "azure:mssql/server:Server": "database",
    "azure:mysql/flexibleDatabase:FlexibleDatabase": "database",
    "azure:mysql/flexibleServer:FlexibleServer": "database",
    "azure:postgresql/database:Database": "database",
    "azure:postgresql/flexibleServer:FlexibleServer": "database",
    "azure:postgresql/flexibleServerDatabase:FlexibleServerDatabase": "database",
    "azure:postgresql/server:Server": "database",
    "azure:storage/container:Container": "object_storage",
    "azure:storage/dataLakeGen2Filesystem:DataLakeGen2Filesystem": "object_storage",
    "azure:storage/table:Table": "database",
}
"""Each type, with the method of environments that makes one like it."""

_SINGLE = "Azure has retired single servers: use"

DEPRECATED = {
    "azure-native:dbformysql:SingleServer": f"{_SINGLE} azure_native.dbformysql.Server",
    "azure-native:dbforpostgresql:SingleServer": f"{_SINGLE} azure_native.dbforpostgresql.Server",
    "azure:mysql/server:Server": f"{_SINGLE} azure.mysql.FlexibleServer",
    "azure:postgresql/server:Server": f"{_SINGLE} azure.postgresql.FlexibleServer",
}
