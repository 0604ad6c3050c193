"""Functions of Lambda, their logs, and alarms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_stand.archives import zipped
from aws_stand.resources.rows import Made, Row, capital, makes

__all__: list[str] = []


_RESERVED = ("AWS_", "LAMBDA_", "_")  # as the names of variables begin that Lambda sets itself
_MOST = 4096  # bytes of all variables


@makes("aws:lambda/function:Function")
def _function(row: Row) -> Made:
    code: dict[str, Any] = row.some(s3Bucket="S3Bucket", s3Key="S3Key")
    if row.inputs.get("code") is not None:
        code = {"ZipFile": zipped(row.inputs["code"])}
    variables = (row.inputs.get("environment") or {}).get("variables") or {}
    _check_variables(variables)
    options = row.some(
        architectures="Architectures",
        description="Description",
        handler="Handler",
        layers="Layers",
        memorySize="MemorySize",
        packageType="PackageType",
        runtime="Runtime",
        timeout="Timeout",
    )
    if row.inputs.get("loggingConfig"):
        options["LoggingConfig"] = capital(row.inputs["loggingConfig"])
    made = row.client("lambda").create_function(
        FunctionName=row.called(),
        Role=row.inputs["role"],
        Code=code,
        Environment={"Variables": variables},
        Tags=row.inputs.get("tags") or {},
        **options,
    )
    name, arn = made["FunctionName"], made["FunctionArn"]
    qualified = f"{arn}:$LATEST"
    return name, {"arn": arn, "name": name, "qualifiedArn": qualified, "version": "$LATEST"}


def _check_variables(variables: Mapping[str, str]) -> None:
    taken = [name for name in variables if name.startswith(_RESERVED)]
    if taken:
        raise ValueError(f"Lambda sets {', '.join(taken)} itself")
    size = sum(len(name.encode()) + len(value.encode()) for name, value in variables.items())
    if size > _MOST:
        raise ValueError(f"Lambda takes variables of {_MOST} bytes, and these have {size}")


@makes("aws:lambda/permission:Permission")
def _permission(row: Row) -> Made:
    statement = row.called("statementId")
    row.client("lambda").add_permission(
        StatementId=statement,
        FunctionName=row.inputs["function"],
        **row.some(action="Action", principal="Principal", sourceArn="SourceArn"),
    )
    return statement, {"statementId": statement}


@makes("aws:cloudwatch/logGroup:LogGroup")
def _log_group(row: Row) -> Made:
    name = row.called()
    logs = row.client("logs")
    logs.create_log_group(logGroupName=name, tags=row.inputs.get("tags") or {})
    if row.inputs.get("retentionInDays"):
        days = row.inputs["retentionInDays"]
        logs.put_retention_policy(logGroupName=name, retentionInDays=days)
    return name, {"arn": row.arn("logs", f"log-group:{name}"), "name": name}


@makes("aws:cloudwatch/metricAlarm:MetricAlarm")
def _alarm(row: Row) -> Made:
    name = row.called()
    options = row.whole("name", "alarm", "dimensions")
    given = row.inputs.get("dimensions") or {}
    options["Dimensions"] = [{"Name": key, "Value": value} for key, value in given.items()]
    options["AlarmName"] = row.inputs.get("alarmName") or row.inputs.get("name") or name
    options.setdefault("Period", 60)
    row.client("cloudwatch").put_metric_alarm(**options)
    called = options["AlarmName"]
    return called, {"arn": row.arn("cloudwatch", f"alarm:{called}"), "name": called}
