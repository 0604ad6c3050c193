"""What stands before moto: it asks IAM about every request, and lets faults happen.

moto's own check ignores conditions, asks about most services as if resources did not matter, and
does not look at the source of a copy.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable
from typing import Any, Optional
from urllib.parse import parse_qs

from aws_stand import account
from aws_stand.actions import Request, asked_by
from aws_stand.facts import OWNER, Decision
from aws_stand.faults import Fault, Faults
from aws_stand.machine_rights import beside
from aws_stand.policies import Asked

__all__ = ["Authoriser"]

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_SIGNED = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/")


class Authoriser:
    """A WSGI application around another one; ``trail`` has every decision in order."""

    def __init__(self, app: Wsgi, *, faults: Faults, kill: Callable[[str], None]) -> None:
        self.trail: list[Decision] = []
        self._app, self._faults, self._kill = app, faults, kill

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith("/moto-api"):
            return self._app(environ, start)
        key, request = _read(environ)
        if key == OWNER:
            for asked in asked_by(request) if request.service == "s3" else ():
                if account.denied_to_all(asked):
                    return _denied(start, request, "the owner", asked)
            role, needs = beside(request)
            lacks = self._lacks(role, needs)
            if lacks is not None:
                return _denied(start, request, role, lacks)
            return self._app(environ, start)
        who = account.session(key)
        refused = self._refused(request, who)
        if refused is not None:
            return _denied(start, request, who.who.arn if who else "anonymous", refused)
        fault = self._fault(request, who)
        if fault is None:
            return self._app(environ, start)
        if fault.status:
            return _answer(start, request, fault.status, fault.code, "The test asked for it.")
        answer = list(self._app(environ, start)) if fault.done else []
        self._kill(key)
        return answer or _answer(start, request, 503, "SlowDown", "Whoever asked is gone.")

    def _refused(self, request: Request, who: Optional[account.Session]) -> Optional[Asked]:
        """What of a request is not allowed."""
        for first in asked_by(request):
            for asked in account.exact(first, region=request.region):
                ok = who is not None and account.allowed(who, asked)
                arn = who.who.arn if who else ""
                self.trail.append(Decision(arn, asked.action, asked.resource, ok))
                if not ok:
                    return asked
            if (
                who is not None
                and first.action == "s3:GetObject"
                and not account.holds(first.resource)
            ):
                listing = Asked("s3:ListBucket", first.resource.partition("/")[0])
                if not account.allowed(who, listing):
                    return listing  # who may not list is not told what is absent
        return None

    def _lacks(self, role: str, needs: Iterable[Asked]) -> Optional[Asked]:
        """What the role of a state machine needs and is not allowed."""
        for asked in needs:
            who = account.service_session(role, "states")
            ok = account.allowed(who, asked)
            self.trail.append(Decision(who.who.arn, asked.action, asked.resource, ok))
            if not ok:
                return asked
        return None

    def _fault(self, request: Request, who: Optional[account.Session]) -> Optional[Fault]:
        if who is None:
            return None
        asks = who.who.arn.rsplit("/", 1)[-1]
        if request.service == "lambda":
            (asked,) = asked_by(request)
            asks = asked.resource.rpartition(":")[2]
        return self._faults.take(
            service=request.service, method=request.method, path=request.path, function=asks
        )


def _read(environ: dict[str, Any]) -> tuple[str, Request]:
    """Whose key a request is signed with, and the request; what moto reads is still there."""
    headers = {
        name[5:].lower().replace("_", "-"): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    signed = _SIGNED.search(headers.get("authorization", ""))
    key, region, service = signed.groups() if signed else ("", "", "s3")
    body = b""
    if service != "s3" or environ["REQUEST_METHOD"] == "POST":
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
    raw = str(environ.get("RAW_URI") or environ["PATH_INFO"]).partition("?")[0]
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    return key, Request(service, region, environ["REQUEST_METHOD"], raw, query, headers, body)


def _denied(start: Callable[..., Any], request: Request, who: str, asked: Asked) -> Iterable[bytes]:
    text = (
        f"User: {who} is not authorized to perform: {asked.action} on resource: {asked.resource} "
        f"because no identity-based policy allows the {asked.action} action"
    )
    code = "AccessDenied" if request.service == "s3" else "AccessDeniedException"
    return _answer(start, request, 403, code, text)


def _answer(
    start: Callable[..., Any], request: Request, status: int, code: str, text: str
) -> Iterable[bytes]:
    if request.service == "s3":
        kind = "application/xml"
        body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{text}</Message></Error>"
    else:
        kind = "application/x-amz-json-1.1"
        body = json.dumps({"__type": code, "Message": text, "message": text})
    sent = b"" if request.method == "HEAD" else body.encode()
    headers = [
        ("Content-Type", kind),
        ("Content-Length", str(len(sent))),
        ("x-amzn-ErrorType", code),
        ("x-amzn-RequestId", "00000000-0000-0000-0000-000000000000"),
    ]
    if request.service == "s3":
        # What was sent is not read to its end, so the connection cannot serve another request.
        headers.append(("Connection", "close"))
    start(f"{status} {code}", headers)
    return [sent]
