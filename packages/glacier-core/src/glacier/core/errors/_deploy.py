"""Errors of deployments: what is missing before one, who refuses it, and what failed in it."""

from __future__ import annotations

from typing import Iterable, NamedTuple, Sequence

from glacier.core.errors._base import GlacierError, did_you_mean

__all__ = [
    "CannotDeploy",
    "DeployError",
    "DeployFailed",
    "Failure",
    "MissingEngine",
    "MissingPassphrase",
    "NoSuchStack",
    "StackLocked",
    "UnrealProvider",
    "WrongAccount",
]


class DeployError(GlacierError):
    """A deployment that cannot begin, or did not go well."""


class CannotDeploy(DeployError):
    """A file or pipeline with which nothing can be deployed."""

    def __init__(self, *, target: str, reason: str, mend: str) -> None:
        super().__init__(f"cannot deploy {target}: {reason}. {mend}")


class MissingEngine(DeployError):
    """Pulumi's engine, the program ``pulumi``, is not installed or cannot be used."""

    def __init__(self, *, reason: str) -> None:
        super().__init__(
            f"Pulumi's engine is needed, and {reason}. It is a program of its own, besides the "
            "Python package: see https://www.pulumi.com/docs/install/ (such as 'brew install "
            "pulumi/tap/pulumi' or 'curl -fsSL https://get.pulumi.com | sh'), and have it on PATH. "
            "'glacier synth' works without it."
        )


class MissingPassphrase(DeployError):
    """The passphrase of a stack's secrets is not given, or is another one."""

    def __init__(self, *, stack: str, is_wrong: bool = False) -> None:
        what = "is not the one that it was made with" if is_wrong else "is not given"
        new = (
            ""
            if is_wrong
            else " For a new stack it is any text that you keep; secrets_provider= (on the command "
            "line --secrets-provider) is a key of a cloud in its place."
        )
        super().__init__(
            f"stack {stack!r} encrypts its secrets with a passphrase, which {what}. Put it into "
            "the variable PULUMI_CONFIG_PASSPHRASE, or the path of a file that holds it into "
            f"PULUMI_CONFIG_PASSPHRASE_FILE.{new}"
        )


class StackLocked(DeployError):
    """Somebody else is deploying the same stack, or was and did not finish."""

    def __init__(self, *, stack: str, holders: Sequence[str], folder: str) -> None:
        told = "".join(f"\n  {holder}" for holder in holders)
        super().__init__(
            f"stack {stack!r} is locked by another deployment.{told}\n"
            "Wait until that one has ended. If it is gone, because it was killed, take its lock "
            f"away: pulumi cancel --yes --cwd '{folder}' --stack '{stack}'"
        )


class NoSuchStack(DeployError):
    """A stack that the backend does not have."""

    def __init__(
        self, *, stack: str, project: str, backend: str, known: Iterable[str], mend: str
    ) -> None:
        super().__init__(
            f"project {project!r} has no stack {stack!r} in {backend}."
            f"{did_you_mean(stack, known)} {mend}"
        )


class UnrealProvider(DeployError):
    """An environment with identifiers that cannot be real, on its way to a cloud."""

    def __init__(self, *, environment: str, doubts: Sequence[str]) -> None:
        told = "".join(f"\n  {doubt}" for doubt in doubts)
        super().__init__(
            f"environment {environment!r} cannot be deployed:{told}\n"
            "Give its provider real ones. 'glacier synth' shows all the same what there would be."
        )


class WrongAccount(DeployError):
    """The credentials that are found here are not those of the environment's account."""

    def __init__(self, *, environment: str, location: str, told: str) -> None:
        super().__init__(
            f"the credentials found here are not for environment {environment!r} ({location}), "
            f"and its provider refuses them: {told}\nGive credentials of that account, "
            "such as by a profile, or another account to the provider."
        )


class Failure(NamedTuple):
    """What the engine said of one resource; ``resource`` is its type and name, or empty."""

    resource: str
    message: str


class DeployFailed(DeployError):
    """The engine could not do all of it; ``failures`` is what it said, by resource."""

    def __init__(
        self, *, operation: str, stack: str, failures: Sequence[Failure], done: int
    ) -> None:
        self.failures = tuple(failures)
        self.done = done
        told = "".join(
            f"\n  {one.resource}: {one.message}" if one.resource else f"\n  {one.message}"
            for one in failures
        )
        mend = ""
        if done and operation != "preview":
            steps = f"{done} step{'' if done == 1 else 's'}"
            mend = (
                f"\n{steps} went well and {'is' if done == 1 else 'are'} in the stack's state: mend"
                f" the cause, and {operation} again goes on from there."
            )
        super().__init__(f"{operation} of stack {stack!r} failed:{told}{mend}")
