"""The logs of tasks in CloudWatch: their lines, and where a person reads them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from glacier.aws.client.session import Refused, asking

if TYPE_CHECKING:
    from glacier.aws.account import Account

__all__ = ["lines", "link"]

_EARLIER = 60  # seconds by which the clocks of two services may differ


def lines(client: Any, group: str, run: str, *, since: float) -> Iterator[str]:
    """The lines of a group that are about a run, the oldest first; none without such a group."""
    more: dict[str, str] = {}
    while True:
        try:
            with asking(f"the log {group}"):
                page = client.filter_log_events(
                    logGroupName=group,
                    filterPattern=f'"{run}"',
                    startTime=int((since - _EARLIER) * 1000),
                    **more,
                )
        except Refused as error:
            if error.code == "ResourceNotFoundException":
                return
            raise
        yield from (event["message"].rstrip("\n") for event in page.get("events", ()))
        if not page.get("nextToken"):
            return
        more = {"nextToken": page["nextToken"]}


def link(account: Account, group: str, run: str, *, stream: str | None = None) -> str:
    """The page of AWS's console with the lines of a group that are about a run; of one stream
    where that is known."""
    region = account.region
    host = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}.get(
        account.partition, f"{region}.console.aws.amazon.com"
    )
    page = f"https://{host}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/"
    where = f"{_coded(quote(group, safe=''))}/log-events"
    if stream is not None:
        where += f"/{_coded(quote(stream, safe=''))}"
    pattern = quote(f'"{run}"', safe="")
    return f"{page}{where}{_coded(f'?filterPattern={pattern}')}"


def _coded(text: str) -> str:
    """A part of a page's address as that console takes it."""
    return quote(text, safe="").replace("%", "$")
