"""What the functions do that the tests of the stand deploy; their bucket is in LAKE."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

import s3_client as s3

__all__: list[str] = []

LAKE = os.environ.get("LAKE", "")


class GlacierRetry(Exception):
    """What may be tried again."""


def read(dataset: str, run: str) -> Any:
    return json.loads(s3.get(LAKE, f"{dataset}/{run}.json"))


def write(dataset: str, run: str, value: Any) -> None:
    s3.put(LAKE, f"{dataset}/{run}.json", json.dumps(value).encode())


# --- extract → (clean ‖ stats) → load -------------------------------------------------------------


def extract(event: Any, context: Any) -> Any:
    lines = s3.get(LAKE, "landing/sales.csv").decode().splitlines()
    rows = [{"id": one.split(",")[0], "amount": float(one.split(",")[1])} for one in lines[1:]]
    write("raw", event["run"], rows)
    return {"state": "succeeded", "flags": {}}


def clean(event: Any, context: Any) -> Any:
    write("clean", event["run"], [r for r in read("raw", event["run"]) if r["amount"] > 0])
    return {"state": "succeeded", "flags": {}}


def stats(event: Any, context: Any) -> Any:
    write("stats", event["run"], {"sum": sum(r["amount"] for r in read("raw", event["run"]))})
    return {"state": "succeeded", "flags": {}}


def load(event: Any, context: Any) -> Any:
    run = event["run"]
    write("gold", run, {"clean": read("clean", run), "stats": read("stats", run)})
    return {"state": "succeeded", "flags": {}}


# --- what is not allowed --------------------------------------------------------------------------


def reads_landing(event: Any, context: Any) -> Any:
    return s3.get(LAKE, "landing/sales.csv").decode()


def lists_landing(event: Any, context: Any) -> Any:
    return s3.keys(LAKE, "landing/").decode()


def copies_landing(event: Any, context: Any) -> Any:
    s3.copy(LAKE, "landing/sales.csv", "clean/stolen.csv")


def reads_absent(event: Any, context: Any) -> Any:
    return s3.get(LAKE, "raw/absent.json").decode()


# --- what goes wrong ------------------------------------------------------------------------------


def echo(event: Any, context: Any) -> Any:
    return event


def about(event: Any, context: Any) -> Any:
    left = context.get_remaining_time_in_millis()
    return {
        "arn": context.invoked_function_arn,
        "environ": dict(os.environ),
        "left": left,
        "pid": os.getpid(),
    }


def prints(event: Any, context: Any) -> None:
    sys.stdout.write("a line of its own\n")


def sleeps(event: Any, context: Any) -> None:
    time.sleep(30)


def starts_another(event: Any, context: Any) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        s3.put(LAKE, "raw/pid", str(process.pid).encode())
        time.sleep(30)


def exits(event: Any, context: Any) -> None:
    os._exit(3)


def takes_memory(event: Any, context: Any) -> int:
    taken = []
    while len(taken) < 4000:
        taken.append(bytearray(os.urandom(1024) * 1024))
    return len(taken)


def answers_too_much(event: Any, context: Any) -> str:
    return "x" * (7 * 1024 * 1024)


def answers_no_json(event: Any, context: Any) -> Any:
    return {1, 2}


def imports_absent(event: Any, context: Any) -> None:
    __import__("moto")


def fails(event: Any, context: Any) -> None:
    raise ValueError("bad rows")


def retried(event: Any, context: Any) -> Any:
    """Succeeds at the third attempt."""
    if event["retries"] < 2:
        raise GlacierRetry(f"attempt {event['retries']}")
    return {"state": "succeeded", "retries": event["retries"]}


def item(event: Any, context: Any) -> Any:
    write("raw", f"{event['run']}-{event['item']}", event["item"])
    return {}
