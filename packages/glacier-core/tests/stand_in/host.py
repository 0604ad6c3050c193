"""The user's program, which the Automation API runs in its own process when it is asked to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Optional

import grpc
from pulumi.runtime.proto import (
    engine_pb2_grpc,
    language_pb2,
    language_pb2_grpc,
    resource_pb2_grpc,
)

from stand_in.monitor import Engine, Monitor

__all__ = ["run"]


def run(monitor: Monitor, client: str, *, project: str, stack: str, is_plan: bool) -> Optional[str]:
    """Have the program at ``client`` run to its end; what it ended with, ``None`` if well."""
    server = grpc.server(ThreadPoolExecutor(64))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
    engine_pb2_grpc.add_EngineServicer_to_server(Engine(), server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        with grpc.insecure_channel(client) as channel:
            answer = language_pb2_grpc.LanguageRuntimeStub(channel).Run(
                language_pb2.RunRequest(
                    project=project,
                    stack=stack,
                    args=[address],
                    monitor_address=address,
                    dryRun=is_plan,
                    parallel=8,
                    organization="organization",
                )
            )
    finally:
        server.stop(0).wait()
    return answer.error or None
