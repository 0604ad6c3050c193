"""The stand: an AWS on the loopback, where Pulumi programs are deployed and what they made runs.

stand.deploy(program) ── Pulumi's SDK, without its engine ──▶ resources
stand.run(machine, input) ──▶ Step Functions ──▶ Lambda, a process with its role's credentials
                                                    │
                                                    ▼
stand.client("s3") ─────────────────────────────▶  S3
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

__all__ = ["Answer", "Execution", "Stand"]


class Answer(NamedTuple):
    """What an invoked function gives back; ``error`` is the type of what it failed with, or ""."""

    payload: Any
    error: str
    log: str


class Execution(NamedTuple):
    """The end of an execution of a state machine, in the words of Step Functions."""

    arn: str
    status: str
    output: Any
    error: str
    cause: str


class Stand(Protocol):
    """An account of AWS that is the tests' own."""

    @property
    def name(self) -> str:
        """What tests call it: "moto" or "ministack"."""
        ...

    @property
    def endpoint(self) -> str:
        """Where all services are."""
        ...

    @property
    def region(self) -> str:
        """The only region there is."""
        ...

    @property
    def account(self) -> str:
        """The number of the account."""
        ...

    @property
    def environ(self) -> Mapping[str, str]:
        """The variables with which AWS's clients find the stand, as the account's owner."""
        ...

    def as_role(self, role: str) -> Mapping[str, str]:
        """The same variables for whoever has taken a role, by its ARN."""
        ...

    def client(self, service: str, *, role: str = "") -> Any:
        """A client of boto3: the owner's, or, with the ARN of a role, one that has taken it."""
        ...

    def deploy(
        self, program: Callable[[], None], *, project: str = "stand", stack: str = "test"
    ) -> Mapping[str, Any]:
        """Make what a Pulumi program registers; what it exports.

        A type of resource that the stand does not know is an error.
        """
        ...

    def invoke(self, function: str, payload: Any = None, *, role: str = "") -> Answer:
        """Invoke a function and wait for it; with the ARN of a role, as whoever has taken it."""
        ...

    def start(self, machine: str, given: Any = None, *, name: str = "") -> str:
        """Start an execution of a state machine, by its ARN; the execution's ARN."""
        ...

    def wait(self, execution: str, *, seconds: float = 60.0) -> Execution:
        """How an execution ends; an error if it has not by then."""
        ...

    def run(self, machine: str, given: Any = None, *, seconds: float = 60.0) -> Execution:
        """Start an execution of a state machine and wait for its end."""
        ...

    def reset(self) -> None:
        """Forget everything and end what runs: between two tests."""
        ...

    def close(self) -> None:
        """End the stand with all its processes."""
        ...
