"""What a request to AWS wants to do, in IAM's words: actions, and the ARNs they are done to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote

from aws_stand.facts import ACCOUNT
from aws_stand.policies import Asked

__all__ = ["Request", "asked_by"]

# Every request reaches AWS over TLS; on the loopback there is none.
_ALWAYS = {"aws:securetransport": "true"}


class Request(NamedTuple):
    """A request over HTTP: ``headers`` have keys in lower case, ``path`` is as it was sent."""

    service: str
    region: str
    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes


def asked_by(request: Request) -> list[Asked]:
    """Everything that must be allowed for the request to be answered."""
    if request.service == "s3":
        found = list(_of_s3(request))
    elif request.service == "lambda":
        found = [_of_lambda(request)]
    elif request.service == "scheduler":
        found = [Asked(f"scheduler:{_REST[request.method]}Schedule", "*")]
    else:
        found = [_of_call(request)]
    return [one._replace(context={**one.context, **_ALWAYS}) for one in found]


# --- S3 -------------------------------------------------------------------------------------------

# What is asked about a bucket, by the name in the query, as IAM calls it.
_ABOUT_BUCKETS = {
    "acl": "BucketAcl",
    "cors": "BucketCORS",
    "encryption": "EncryptionConfiguration",
    "lifecycle": "LifecycleConfiguration",
    "location": "BucketLocation",
    "logging": "BucketLogging",
    "notification": "BucketNotification",
    "ownershipControls": "BucketOwnershipControls",
    "policy": "BucketPolicy",
    "publicAccessBlock": "BucketPublicAccessBlock",
    "replication": "ReplicationConfiguration",
    "tagging": "BucketTagging",
    "versioning": "BucketVersioning",
    "website": "BucketWebsite",
}
_BUCKETS = {
    "DELETE": "DeleteBucket",
    "GET": "ListBucket",
    "HEAD": "ListBucket",
    "POST": "PutObject",
    "PUT": "CreateBucket",
}
_REST = {"DELETE": "Delete", "GET": "Get", "HEAD": "Get", "POST": "Put", "PUT": "Put"}


def _of_s3(request: Request) -> Iterator[Asked]:
    bucket, _, key = unquote(request.path).lstrip("/").partition("/")
    arn = f"arn:aws:s3:::{bucket}"
    if not bucket:
        yield Asked("s3:ListAllMyBuckets", "*")
    elif key:
        yield from _of_object(request, f"{arn}/{key}")
    elif "delete" in request.query:
        for name in re.findall("<Key>(.*?)</Key>", request.body.decode(), re.DOTALL):
            yield Asked("s3:DeleteObject", f"{arn}/{name}")
    else:
        yield _of_bucket(request, arn)


def _of_bucket(request: Request, arn: str) -> Asked:
    for part, name in _ABOUT_BUCKETS.items():
        if part in request.query:
            return Asked(f"s3:{'Get' if request.method == 'GET' else 'Put'}{name}", arn)
    names = ("prefix", "delimiter", "max-keys")
    context = {f"s3:{name}": request.query[name][0] for name in names if name in request.query}
    if "versions" in request.query:
        return Asked("s3:ListBucketVersions", arn, context)
    if "uploads" in request.query:
        return Asked("s3:ListBucketMultipartUploads", arn, context)
    return Asked(f"s3:{_BUCKETS[request.method]}", arn, context)


def _of_object(request: Request, arn: str) -> Iterator[Asked]:
    version = "Version" if "versionId" in request.query else ""
    upload = "uploadId" in request.query
    if "tagging" in request.query:
        yield Asked(f"s3:{_REST[request.method]}Object{version}Tagging", arn)
    elif request.method in ("GET", "HEAD"):
        yield Asked("s3:ListMultipartUploadParts" if upload else f"s3:GetObject{version}", arn)
    elif request.method == "DELETE":
        yield Asked("s3:AbortMultipartUpload" if upload else f"s3:DeleteObject{version}", arn)
    else:
        begins = "uploads" in request.query or "partNumber" in request.query
        context = {"s3:objectcreationoperation": "false" if begins else "true"}
        if "if-none-match" in request.headers:
            context["s3:if-none-match"] = request.headers["if-none-match"]
        yield Asked("s3:PutObject", arn, context)
        source = unquote(request.headers.get("x-amz-copy-source", "")).lstrip("/")
        if source:
            yield Asked("s3:GetObject", "arn:aws:s3:::" + source.partition("?")[0])


# --- other services -------------------------------------------------------------------------------

# By service: arguments that say what an action is done to, and how they become an ARN.
_RESOURCES = {
    "events": [("Rule", "rule/{}")],
    "kms": [("KeyId", "key/{}")],
    "logs": [("logGroupName", "log-group:{}:*"), ("logGroupIdentifier", "log-group:{}:*")],
    "secretsmanager": [("SecretId", "secret:{}")],
    "sqs": [("QueueUrl", "{}"), ("QueueName", "{}")],
    "ssm": [("Name", "parameter{}")],
    "states": [
        ("stateMachineArn", "stateMachine:{}"),
        ("executionArn", "execution:{}"),
        ("mapRunArn", "mapRun:{}"),
    ],
}
_LAMBDA = re.compile(r"/\d{4}-\d\d-\d\d/functions/([^/]+)(/.*)?")
_FUNCTIONS = {
    "DELETE": "DeleteFunction",
    "GET": "GetFunction",
    "POST": "CreateFunction",
    "PUT": "UpdateFunctionCode",
}


def _of_lambda(request: Request) -> Asked:
    found = _LAMBDA.fullmatch(request.path)
    name = unquote(found[1]) if found else "*"
    where = f"arn:aws:lambda:{request.region}:{ACCOUNT}:function:"
    invoked = found is not None and (found[2] or "").strip("/") == "invocations"
    action = "InvokeFunction" if invoked else _FUNCTIONS[request.method]
    return Asked(f"lambda:{action}", name if name.startswith("arn:") else where + name)


def _of_call(request: Request) -> Asked:
    """An action with its arguments in JSON, or in a form, as IAM's and STS's have them."""
    form = parse_qs(request.body.decode(errors="replace"))
    arguments: Mapping[str, Any] = {name: values[0] for name, values in form.items()}
    if request.body[:1] == b"{":
        arguments = json.loads(request.body)
    target = request.headers.get("x-amz-target", "").rpartition(".")[2]
    action = f"{request.service}:{target or arguments.get('Action', 'Unknown')}"
    if "RoleArn" in arguments and request.service == "sts":
        return Asked(action, str(arguments["RoleArn"]))
    for name, ending in _RESOURCES.get(request.service, ()):
        value = str(arguments.get(name) or "")
        if value.startswith("arn:"):
            return Asked(action, value)
        if value:
            where = f"arn:aws:{request.service}:{request.region}:{ACCOUNT}:"
            last = value.rsplit("/", 1)[-1] if request.service == "sqs" else value
            return Asked(action, where + ending.format(last))
    return Asked(action, "*")
