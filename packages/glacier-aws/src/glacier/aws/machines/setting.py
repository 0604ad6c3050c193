"""What all machines of a pipeline are made from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from glacier.aws.account import Account
from glacier.aws.machines.needs import Need
from glacier.aws.names import Bucket, begin_name, function_arn, function_name, machine_name
from glacier.core.protocols import Plan

__all__ = ["Setting"]


class Setting(NamedTuple):
    """A plan, what its steps wait for, and where it is deployed."""

    plan: Plan
    needs: Sequence[Need]
    environment: str
    account: Account
    workspace: Bucket

    def function(self, number: int) -> str:
        """The name of the function of a step."""
        return function_name(self.plan.pipeline, self.environment, self.plan.steps[number].task)

    def function_arn(self, number: int) -> str:
        """The ARN of the function of a step."""
        return function_arn(self.function(number), self.account)

    @property
    def begin(self) -> str:
        """The name of the function that begins and finishes runs."""
        return begin_name(self.plan.pipeline, self.environment)

    def machine(self, part: int | None = None) -> str:
        """The name of a machine."""
        return machine_name(self.plan.pipeline, self.environment, part)
