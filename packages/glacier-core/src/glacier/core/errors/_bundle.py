"""Errors of bundles: what cannot be put together, resolved, or uploaded."""

from __future__ import annotations

from typing import Sequence, Tuple

from glacier.core.errors._deploy import DeployError

__all__ = ["BundleTooLarge", "CannotBundle", "CannotResolve"]


class CannotBundle(DeployError):
    """A file, or something that belongs to it, of which no bundle can be made."""

    def __init__(self, *, what: str, reason: str, mend: str) -> None:
        super().__init__(f"cannot bundle {what}: {reason}. {mend}")


class CannotResolve(DeployError):
    """Requirements for which there are no packages that run where the bundle will.

    ``said`` is what the resolver told.
    """

    def __init__(self, *, platform: str, origin: str, reason: str, said: str, mend: str) -> None:
        self.said = said
        told = "".join(f"\n  {line}" for line in said.splitlines() if line.strip())
        super().__init__(
            f"the requirements in {origin} cannot be resolved for {platform}: {reason}.{told}\n"
            f"{mend}"
        )


class BundleTooLarge(DeployError):
    """A bundle over the limits of a cloud; ``largest`` are its parts and their bytes."""

    def __init__(
        self, *, unzipped: int, limit: int, of: str, largest: Sequence[Tuple[str, int]]
    ) -> None:
        self.largest = tuple(largest)
        width = max([len(name) for name, _ in largest], default=0)
        told = "".join(f"\n  {name:{width}}  {size / 1e6:8.1f} MB" for name, size in largest)
        super().__init__(
            f"the bundle has {unzipped / 1e6:.1f} MB unzipped, and {of} takes {limit / 1e6:.1f} MB "
            f"at most. The largest parts are:{told}\n"
            "Leave out what the tasks do not need: data and other files by .glacierignore, "
            "packages by taking them from the requirements, or by exclude under "
            "[tool.glacier.bundle] in pyproject.toml. What cannot do with less belongs into "
            "a container image, which may be larger."
        )
