"""Environments of a file, and the executors of what is deployed in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Optional

import click

from glacier.core.errors import LoadError, UnknownName
from glacier.core.loader import Loaded, load, split_target

if TYPE_CHECKING:
    from glacier.core.environment import Environment
    from glacier.core.following.executor import DeployedExecutor
    from glacier.core.pipeline import Pipeline

__all__ = ["There", "environment_of", "environment_option", "there"]

environment_option = click.option(
    "--env", "environment", metavar="NAME", help="One of the file's environments."
)


class There(NamedTuple):
    """A pipeline of a file, and the executor of what is deployed of it."""

    pipeline: Pipeline
    executor: DeployedExecutor

    def run(self, text: str) -> str:
        """The id of a run: ``last``, an id, or the beginning of one or of its last six letters."""
        listed = [one.run_id for one in self.executor.runs(self.pipeline, limit=1000)]
        if text == "last" and listed:
            return listed[0]
        found = [run for run in listed if run.startswith(text) or run[-6:].startswith(text)]
        if len(found) > 1:
            raise click.UsageError(f"{text!r} may be any of the runs {', '.join(found)}.")
        return found[0] if found else text


def environment_of(loaded: Loaded, name: Optional[str]) -> Environment:
    """The environment of that name, or the only one.

    Raises :class:`~glacier.core.errors.LoadError` and :class:`~glacier.core.errors.UnknownName`.
    """
    from glacier.core.environment import Environment

    values = [value for value in vars(loaded.module).values() if isinstance(value, Environment)]
    found = list(dict.fromkeys(values))
    if name is not None:
        for one in found:
            if one.name == name:
                return one
        known = [one.name for one in found]
        raise UnknownName(kind="environment", name=name, known=known, where=loaded.target)
    if len(found) == 1:
        return found[0]
    if not found:
        reason = "it has no environment at its top level"
        mend = "Make one there: env = Environment(provider, name='prod')."
    else:
        reason = f"it has {len(found)} environments"
        mend = f"Say which one: --env {' or '.join(one.name for one in found)}."
    raise LoadError(target=loaded.target, reason=reason, mend=mend)


def there(target: str, environment: Optional[str]) -> There:
    """What is deployed of ``FILE[:PIPELINE]`` in one of the file's environments."""
    from glacier.core.registry import load as load_extension

    file, name = split_target(target)
    loaded = load(file)
    env = environment_of(loaded, environment)
    kind = load_extension("glacier.executors", env.provider.kind)
    if not hasattr(kind, "attach"):
        reason = f"nothing is deployed in environment {env.name!r} ({env.provider.location})"
        raise LoadError(target=target, reason=reason, mend="Name an environment in a cloud.")
    return There(loaded.choose(name), kind(env, history=False))
