"""The actions that the engine needs to make, read, change and delete a resource of each type.

Which calls the provider makes for a type is as in the sources of the Terraform provider for AWS
that Pulumi's is made of: besides the calls that make and delete it reads each part of a resource by
a call of its own. How actions and resources are called is as in AWS's Service Authorization
Reference. None of it was tried against AWS itself.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["NEEDS", "Need"]


class Need(NamedTuple):
    """Actions on a resource; ``on`` is its ARN, with the properties of the resource in braces, and
    ``{bucket}`` for each bucket that the program has.

    ``passed`` are services that are handed the resource, a role.
    """

    on: str
    actions: tuple[str, ...]
    passed: tuple[str, ...] = ()


_BUCKET = "arn:{partition}:s3:::{bucket}"
_LOGS = "arn:{partition}:logs:{region}:{account}:log-group:{name}"
_ROLE = "arn:{partition}:iam::{account}:role/{name}"
_SERVICES = ("lambda.amazonaws.com", "scheduler.amazonaws.com", "states.amazonaws.com")


def _on(resource: str, service: str, names: str) -> Need:
    return Need(resource, tuple(f"{service}:{name}" for name in names.split()))


NEEDS: dict[str, tuple[Need, ...]] = {
    "aws:cloudwatch/logGroup:LogGroup": (
        _on(
            _LOGS,
            "logs",
            "CreateLogGroup DeleteLogGroup DeleteRetentionPolicy ListTagsForResource "
            "PutRetentionPolicy TagResource UntagResource",
        ),
        _on(f"{_LOGS}:*", "logs", "DeleteLogGroup PutRetentionPolicy"),
        # A list has no resource of its own.
        _on("arn:{partition}:logs:{region}:{account}:log-group:*", "logs", "DescribeLogGroups"),
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": (
        _on(
            "arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}",
            "cloudwatch",
            "DeleteAlarms DescribeAlarms ListTagsForResource PutMetricAlarm TagResource "
            "UntagResource",
        ),
    ),
    "aws:iam/policy:Policy": (
        _on(
            "arn:{partition}:iam::{account}:policy/{name}",
            "iam",
            "CreatePolicy CreatePolicyVersion DeletePolicy DeletePolicyVersion GetPolicy "
            "GetPolicyVersion ListEntitiesForPolicy ListPolicyTags ListPolicyVersions TagPolicy "
            "UntagPolicy",
        ),
    ),
    "aws:iam/role:Role": (
        _on(
            _ROLE,
            "iam",
            "AttachRolePolicy CreateRole DeleteRole DeleteRolePolicy DetachRolePolicy GetRole "
            "GetRolePolicy ListAttachedRolePolicies ListInstanceProfilesForRole ListRolePolicies "
            "ListRoleTags PutRolePermissionsBoundary PutRolePolicy TagRole UntagRole "
            "UpdateAssumeRolePolicy UpdateRole",
        ),
        Need(_ROLE, ("iam:PassRole",), _SERVICES),
    ),
    # Both are parts of a role, whose actions have them.
    "aws:iam/rolePolicy:RolePolicy": (),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": (),
    "aws:lambda/function:Function": (
        _on(
            "arn:{partition}:lambda:{region}:{account}:function:{name}",
            "lambda",
            "CreateFunction DeleteFunction DeleteFunctionConcurrency GetFunction "
            "GetFunctionCodeSigningConfig GetFunctionConcurrency GetFunctionConfiguration ListTags "
            "ListVersionsByFunction PutFunctionConcurrency TagResource UntagResource "
            "UpdateFunctionCode UpdateFunctionConfiguration",
        ),
    ),
    "aws:rds/instance:Instance": (
        _on(
            "arn:{partition}:rds:{region}:{account}:db:{identifier}",
            "rds",
            "AddTagsToResource CreateDBInstance DeleteDBInstance DescribeDBInstances "
            "ListTagsForResource ModifyDBInstance RebootDBInstance RemoveTagsFromResource",
        ),
        _on(
            "arn:{partition}:rds:{region}:{account}:snapshot:{identifier}-*",
            "rds",
            "AddTagsToResource CreateDBSnapshot",
        ),
        # The password is a secret that the service makes in the name of who asks for it.
        _on(
            "arn:{partition}:secretsmanager:{region}:{account}:secret:rds!db-*",
            "secretsmanager",
            "CreateSecret DescribeSecret TagResource",
        ),
        _on(
            "arn:{partition}:iam::{account}:role/aws-service-role/rds.amazonaws.com/"
            "AWSServiceRoleForRDS",
            "iam",
            "CreateServiceLinkedRole",
        ),
    ),
    "aws:rds/parameterGroup:ParameterGroup": (
        _on(
            "arn:{partition}:rds:{region}:{account}:pg:{name}",
            "rds",
            "AddTagsToResource CreateDBInstance CreateDBParameterGroup DeleteDBParameterGroup "
            "DescribeDBParameterGroups DescribeDBParameters ListTagsForResource "
            "ModifyDBParameterGroup RemoveTagsFromResource ResetDBParameterGroup",
        ),
    ),
    "aws:rds/subnetGroup:SubnetGroup": (
        _on(
            "arn:{partition}:rds:{region}:{account}:subgrp:{name}",
            "rds",
            "AddTagsToResource CreateDBInstance CreateDBSubnetGroup DeleteDBSubnetGroup "
            "DescribeDBSubnetGroups ListTagsForResource ModifyDBSubnetGroup RemoveTagsFromResource",
        ),
    ),
    "aws:s3/bucket:Bucket": (
        _on(
            _BUCKET,
            "s3",
            "CreateBucket DeleteBucket GetAccelerateConfiguration GetBucketAcl GetBucketCORS "
            "GetBucketLocation GetBucketLogging GetBucketObjectLockConfiguration GetBucketPolicy "
            "GetBucketRequestPayment GetBucketTagging GetBucketVersioning GetBucketWebsite "
            "GetEncryptionConfiguration GetLifecycleConfiguration GetReplicationConfiguration "
            "ListBucket ListTagsForResource PutBucketTagging TagResource UntagResource",
        ),
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": (
        _on(_BUCKET, "s3", "GetLifecycleConfiguration PutLifecycleConfiguration"),
    ),
    "aws:s3/bucketObjectv2:BucketObjectv2": (
        _on(
            f"{_BUCKET}/{{key}}",
            "s3",
            "AbortMultipartUpload DeleteObject DeleteObjectVersion GetObject GetObjectTagging "
            "PutObject PutObjectTagging",
        ),
    ),
    "aws:s3/bucketPolicy:BucketPolicy": (
        _on(_BUCKET, "s3", "DeleteBucketPolicy GetBucketPolicy PutBucketPolicy"),
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": (
        _on(_BUCKET, "s3", "GetBucketPublicAccessBlock PutBucketPublicAccessBlock"),
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        _on(_BUCKET, "s3", "GetEncryptionConfiguration PutEncryptionConfiguration"),
    ),
    "aws:s3/bucketVersioning:BucketVersioning": (
        _on(_BUCKET, "s3", "GetBucketVersioning PutBucketVersioning"),
    ),
    "aws:scheduler/schedule:Schedule": (
        _on(
            "arn:{partition}:scheduler:{region}:{account}:schedule/{groupName}/{name}",
            "scheduler",
            "CreateSchedule DeleteSchedule GetSchedule UpdateSchedule",
        ),
    ),
    "aws:scheduler/scheduleGroup:ScheduleGroup": (
        _on(
            "arn:{partition}:scheduler:{region}:{account}:schedule-group/{name}",
            "scheduler",
            "CreateScheduleGroup DeleteScheduleGroup GetScheduleGroup ListTagsForResource "
            "TagResource UntagResource",
        ),
    ),
    "aws:secretsmanager/secret:Secret": (
        _on(
            "arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-??????",
            "secretsmanager",
            "CreateSecret DeleteSecret DescribeSecret GetResourcePolicy TagResource UntagResource "
            "UpdateSecret",
        ),
    ),
    "aws:sfn/stateMachine:StateMachine": (
        _on(
            "arn:{partition}:states:{region}:{account}:stateMachine:{name}",
            "states",
            "CreateStateMachine DeleteStateMachine DescribeStateMachine ListStateMachineVersions "
            "ListTagsForResource TagResource UntagResource UpdateStateMachine",
        ),
        # It is asked about a definition, and of no resource.
        _on("*", "states", "ValidateStateMachineDefinition"),
    ),
}
