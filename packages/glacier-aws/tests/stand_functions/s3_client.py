"""S3 by the standard library alone, for functions that are up in no time."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import os
import urllib.error
import urllib.parse
import urllib.request

__all__ = ["Refused", "copy", "get", "keys", "put"]


class Refused(Exception):
    """What S3 answers instead; ``status`` is that of HTTP."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text}")
        self.status = status


def get(bucket: str, key: str) -> bytes:
    """An object."""
    return _ask("GET", f"/{bucket}/{key}")


def put(bucket: str, key: str, body: bytes, **headers: str) -> None:
    """Store an object."""
    _ask("PUT", f"/{bucket}/{key}", body=body, headers=headers)


def copy(bucket: str, source: str, target: str) -> None:
    """Copy an object."""
    put(bucket, target, b"", **{"x-amz-copy-source": f"{bucket}/{source}"})


def keys(bucket: str, prefix: str) -> bytes:
    """A list of objects, as S3 writes it."""
    return _ask("GET", f"/{bucket}", query={"list-type": "2", "prefix": prefix})


def _ask(
    method: str,
    path: str,
    *,
    body: bytes = b"",
    query: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> bytes:
    path = urllib.parse.quote(path)
    asked = urllib.parse.urlencode(sorted((query or {}).items()), quote_via=urllib.parse.quote)
    sent = _signed(method, path, asked, body, headers or {})
    url = f"{os.environ['AWS_ENDPOINT_URL']}{path}{'?' if asked else ''}{asked}"
    data = body if method == "PUT" else None
    request = urllib.request.Request(url, data=data, method=method, headers=sent)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            found: bytes = answer.read()
    except urllib.error.HTTPError as error:
        raise Refused(error.code, error.read().decode()) from None
    return found


def _signed(
    method: str, path: str, query: str, body: bytes, headers: dict[str, str]
) -> dict[str, str]:
    """The headers of a request with its signature, version 4."""
    region, now = os.environ["AWS_REGION"], datetime.datetime.now(datetime.timezone.utc)
    digest = hashlib.sha256(body).hexdigest()
    every = {
        **headers,
        "content-type": "application/octet-stream",
        "host": urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL"]).netloc,
        "x-amz-content-sha256": digest,
        "x-amz-date": f"{now:%Y%m%dT%H%M%SZ}",
        "x-amz-security-token": os.environ["AWS_SESSION_TOKEN"],
    }
    names = ";".join(sorted(every))
    lines = "".join(f"{name}:{every[name]}\n" for name in sorted(every))
    whole = hashlib.sha256("\n".join([method, path, query, lines, names, digest]).encode())
    scope = f"{now:%Y%m%d}/{region}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{every['x-amz-date']}\n{scope}\n{whole.hexdigest()}"
    key = f"AWS4{os.environ['AWS_SECRET_ACCESS_KEY']}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    credential = f"{os.environ['AWS_ACCESS_KEY_ID']}/{scope}"
    every["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
    )
    del every["host"]
    return every
