"""The executor of pipelines that are deployed, whatever their cloud."""

from __future__ import annotations

import os
import sys
from abc import ABC, abstractmethod
from typing import Any, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Union

from glacier.core.bound import BoundPipeline
from glacier.core.contracts import Inputs, Keep, Launchable, Listener
from glacier.core.environment import Environment
from glacier.core.errors import InvalidRequest, NotAnEnvironment
from glacier.core.execution import prepared
from glacier.core.following.deployment import DeployedPipeline, Following
from glacier.core.following.drift import differences
from glacier.core.following.errors import Drifted, Left
from glacier.core.following.follower import Pace
from glacier.core.following.platform import Platform, PlatformRun
from glacier.core.following.shelves import Shelves
from glacier.core.pipeline import Pipeline
from glacier.core.remote.bindings import BoundPlaces
from glacier.core.remote.deployed import Manifest
from glacier.core.run import Run
from glacier.core.select import Selection

__all__ = ["Connection", "DeployedExecutor"]
