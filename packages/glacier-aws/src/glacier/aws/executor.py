"""Runs pipelines where they are deployed on AWS."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from glacier.aws.client.machine import StateMachine, workspace_of
from glacier.aws.client.session import Session
from glacier.aws.client.stores import opener
from glacier.core.protocols import (
    Bindings,
    BoundPlaces,
    Connection,
    DeployedExecutor,
    KeyMissing,
    NotDeployed,
    StoreGone,
    read_manifest,
)

if TYPE_CHECKING:
    from glacier.core.protocols import Executor

__all__ = ["AWSExecutor"]


class AWSExecutor(DeployedExecutor):
    """Starts the state machine of a deployed pipeline, and follows it: ``AWSExecutor(env)``.

    What is deployed is found by its names, which follow from pipeline, environment, account and
    region. Who asks is whom the provider of ``env`` names. The options are those of
    :class:`~glacier.core.following.executor.DeployedExecutor`. Needs boto3:
    ``pip install glacier-aws[client]``.
    """

    provider = "aws"

    @cached_property
    def session(self) -> Session:
        """Who asks AWS."""
        provider: Any = self.env.provider
        return Session(provider.account)

    def connect(self, pipeline: str) -> Connection:
        """Find what is deployed of the pipeline of that name.

        Raises :class:`~glacier.core.following.errors.NotDeployed`.
        """
        name, account = self.env.name, self.session.account
        bucket = workspace_of(self.session, pipeline, name)
        if bucket is None:
            from glacier.aws.deployment.workspace import workspace_name

            bucket = workspace_name(pipeline, name, account)
        workspace = f"s3://{bucket}"
        opened = opener(self.session)
        try:
            manifest = read_manifest(opened(workspace), pipeline)
        except (KeyMissing, StoreGone) as error:
            raise NotDeployed(
                pipeline=pipeline,
                environment=name,
                where=f"account {account.account}, region {account.region}",
                reason=f"its workspace {workspace} says nothing of it",
            ) from error
        places = BoundPlaces(Bindings.from_text(_text(manifest.bindings)), opened)
        return Connection(StateMachine(self.session, manifest), manifest, places)


def _text(bindings: Any) -> str:
    import json

    return json.dumps(bindings)


if TYPE_CHECKING:
    _: type[Executor] = AWSExecutor
