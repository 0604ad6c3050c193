"""The services that a program talks to while it runs: it registers resources, and says things."""

from __future__ import annotations

import threading
from typing import Any, Dict

import grpc
from google.protobuf import empty_pb2
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    provider_pb2,
    resource_pb2,
    resource_pb2_grpc,
)

from stand_in.deployment import Deployment, Failed
from stand_in.order import ROOT

__all__ = ["Engine", "Monitor"]


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """Registers resources of one stack in a deployment."""

    def __init__(self, deployment: Deployment, *, project: str, stack: str) -> None:
        self._deployment = deployment
        self._project = project
        self._stack = stack
        self.outputs: Dict[str, Any] = {}

    def GetDeploymentInfo(self, request: Any, context: Any) -> Any:
        return resource_pb2.DeploymentInfo(
            supportedFeatures=[
                resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
                resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
            ]
        )

    def SupportsFeature(self, request: Any, context: Any) -> Any:
        has = request.id in ("secrets", "resourceReferences")
        return resource_pb2.SupportsFeatureResponse(hasSupport=has)

    def RegisterPackage(self, request: Any, context: Any) -> Any:
        return resource_pb2.RegisterPackageResponse(ref=request.name)

    def SignalAndWaitForShutdown(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:
        found = self._deployment.cloud.call(request.tok)
        if found is None:  # a wrong answer would mislead
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"the stand-in cannot call {request.tok}")
        return provider_pb2.InvokeResponse(**{"return": ParseDict(found, Struct())})

    def RegisterResource(self, request: Any, context: Any) -> Any:
        goal = self._goal(request)
        try:
            row = self._deployment.register(goal)
        except Failed:
            # As the engine ends a program of which a step has failed.
            context.abort(grpc.StatusCode.UNAVAILABLE, "resource monitor shut down")
            raise
        found = {"id": "", "outputs": goal["inputs"]} if row is None else row
        return resource_pb2.RegisterResourceResponse(
            urn=goal["urn"], id=found["id"], object=ParseDict(found["outputs"], Struct())
        )

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:
        if f"::{ROOT}::" in request.urn:
            self.outputs.update(MessageToDict(request.outputs))
        return empty_pb2.Empty()

    def _goal(self, request: Any) -> Dict[str, Any]:
        kinds = f"{_kinds(request.parent)}{request.type}"
        return {
            "urn": f"urn:pulumi:{self._stack}::{self._project}::{kinds}::{request.name}",
            "type": request.type,
            "custom": request.custom,
            "id": "",
            "parent": request.parent,
            "provider": request.provider,
            "dependencies": sorted(request.dependencies),
            "propertyDependencies": {
                key: sorted(one.urns) for key, one in sorted(request.propertyDependencies.items())
            },
            "retainOnDelete": request.retainOnDelete,
            "protect": request.protect,
            "deletedWith": request.deletedWith,
            "inputs": MessageToDict(request.object),
            "outputs": {},
        }


def _kinds(parent: str) -> str:
    kinds = parent.split("::")[2] if parent else ROOT
    return "" if kinds == ROOT else f"{kinds}$"


class Engine(engine_pb2_grpc.EngineServicer):
    """What a program says, and the root of its resources."""

    def __init__(self) -> None:
        self._root = ""
        self._lock = threading.Lock()

    def Log(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def GetRootResource(self, request: Any, context: Any) -> Any:
        with self._lock:
            return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(self, request: Any, context: Any) -> Any:
        with self._lock:
            self._root = request.urn
        return engine_pb2.SetRootResourceResponse()
