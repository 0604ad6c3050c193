"""Plans without code, and what makes and validates their machines."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from glacier.aws.account import Account
from glacier.aws.machines import Machine, machines_of
from glacier.aws.names import Bucket
from glacier.core.protocols import Plan, Slot, Step, stages_of
from glacier.core.step import Policy

__all__ = ["ACCOUNT", "SHAPES", "WORKSPACE", "compiled", "shape", "step", "validated"]

ACCOUNT = Account("123456789012", "eu-central-1")
WORKSPACE = Bucket("etl-workspace")
_ASL = Path(__file__).parent / "asl"


def step(
    task: str,
    reads: Sequence[str] = (),
    *,
    when: str | None = None,
    each: bool = False,
    optional: bool = False,
    retries: int = 0,
    **policy: Any,
) -> Step:
    """A step that makes the dataset of its name; ``each`` maps it over the first that it reads."""
    slots = tuple(
        Slot(f"p{number}", "input", name, each=each and not number, optional=optional)
        for number, name in enumerate(reads)
    )
    made = Policy(retries, **policy) if retries or policy else None
    return Step(task, slots, (task,), when=when, each=0 if each else -1, policy=made)


def compiled(*steps: Step, **options: Any) -> tuple[Machine, ...]:
    """The machines of a plan of these steps."""
    plan = Plan("etl", steps)
    given = {"environment": "prod", "account": ACCOUNT, "workspace": WORKSPACE, **options}
    return machines_of(plan, stages_of(plan), **given)


SHAPES = ("chain", "comb", "fan-out", "layers", "mapped", "pairs")


def shape(name: str, size: int) -> list[Step]:
    """Steps of one shape: so many in a row, after one, in crossed layers …"""
    found: list[Step] = []
    for number in range(size):
        if name == "chain":
            reads = [f"t{number - 1}"] if number else []
        elif name == "comb":  # a tree that is as deep as it can be
            reads = [f"t{number - 2 + number % 2}"] if number > 1 else []
        elif name == "fan-out":
            reads = ["t0"] if number else []
        elif name == "layers":
            row, column = divmod(number, 50)
            reads = [f"t{(row - 1) * 50 + (column + by) % 50}" for by in (0, 1, 7)] if row else []
        elif name == "mapped":
            reads = [f"t{number // 2}"] if number else []
        else:
            reads = [f"t{number - 2}"] if number > 1 else []
        found.append(step(f"t{number}", dict.fromkeys(reads), each=name == "mapped" and number > 0))
    return found


def validated(folder: Path, definitions: Sequence[Any]) -> list[list[str]]:
    """What asl-validator has against each definition; ``folder`` is where npm installed it."""
    node = shutil.which("node")
    assert node is not None
    told = subprocess.run(
        [node, str(_ASL / "validate.cjs"), str(folder)],
        input=json.dumps(definitions),
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[list[str]] = json.loads(told.stdout)
    return found
