"""What the packages offer, name by name, and that importing them costs no more than it must."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
import subprocess
import sys
from typing import Any, Dict, List, Sequence, Tuple

import pytest

import glacier.core

SURFACE: Dict[str, List[str]] = {
    "glacier.core": [
        "AttemptFailed",
        "Context",
        "Database",
        "Dataset",
        "DefinitionError",
        "Environment",
        "Event",
        "Executor",
        "External",
        "GlacierError",
        "GlacierWarning",
        "ItemFinished",
        "Listener",
        "ObjectStorage",
        "Permission",
        "Pipeline",
        "Provider",
        "RequestError",
        "Resource",
        "Run",
        "RunError",
        "RunFailed",
        "RunFinished",
        "RunStarted",
        "Schedule",
        "Secret",
        "Serverless",
        "Skip",
        "State",
        "Task",
        "TaskFinished",
        "TaskRun",
        "TaskStarted",
        "__version__",
    ],
    "glacier.core.external": ["Part", "Source", "read_external", "resolve"],
    "glacier.core.formats": [
        "Columns",
        "Format",
        "PartFile",
        "Stage",
        "Written",
        "format_for",
        "format_named",
        "read_value",
        "write_value",
    ],
    "glacier.core.protocols": [
        "BINDINGS_VARIABLE",
        "FORMAT",
        "NOWHERE",
        "Arrivals",
        "AttemptFailed",
        "Begun",
        "Bindings",
        "BoundPlaces",
        "CannotDeploy",
        "Conductor",
        "Connection",
        "Database",
        "DatabaseSpec",
        "Dataset",
        "DefinitionError",
        "Deployed",
        "DeployedExecutor",
        "DirectoryStore",
        "Driver",
        "Entry",
        "Environment",
        "Event",
        "Execution",
        "Executor",
        "Expansion",
        "External",
        "Failure",
        "Fault",
        "FolderPlaces",
        "GlacierError",
        "GlacierRetry",
        "GlacierTaskFailed",
        "GlacierWarning",
        "Grant",
        "Handle",
        "InvalidKey",
        "InvalidOption",
        "InvalidRequest",
        "ItemFinished",
        "KeyChanged",
        "KeyExists",
        "KeyMissing",
        "Launch",
        "Launchable",
        "Ledger",
        "Limits",
        "ListedRun",
        "Listener",
        "Location",
        "LogLine",
        "LoggedLine",
        "Manifest",
        "NoSuchRun",
        "NotAnEnvironment",
        "NotBound",
        "NotDeployed",
        "ObjectStorage",
        "ObjectStorageSpec",
        "ObjectStore",
        "Origin",
        "PackedError",
        "Packing",
        "Parallel",
        "Phase",
        "PipelineParts",
        "PipelineProvider",
        "Places",
        "Plan",
        "Pool",
        "PoolExecutor",
        "Program",
        "Provider",
        "Recorder",
        "Ref",
        "Registered",
        "RemoteError",
        "RemotePool",
        "RemoteTraceback",
        "Reports",
        "Run",
        "RunEnd",
        "RunError",
        "RunLog",
        "Schedule",
        "ScheduleSpec",
        "Secret",
        "SecretSpec",
        "Serial",
        "Serverless",
        "ServerlessSpec",
        "Site",
        "Slot",
        "Spec",
        "Stages",
        "State",
        "Status",
        "Step",
        "Store",
        "StoreDenied",
        "StoreError",
        "StoreFull",
        "StoreGone",
        "Surroundings",
        "TaskCall",
        "TaskEnd",
        "TaskFinished",
        "TaskPart",
        "TaskResult",
        "TaskStarted",
        "TaskTimeout",
        "UnknownName",
        "UnknownOption",
        "Value",
        "VersionRef",
        "WorkerLost",
        "WritableShelf",
        "adopt_scratch",
        "answer",
        "bare",
        "before_execution",
        "bindings_key",
        "caller",
        "capture",
        "check_concurrency",
        "check_secrets",
        "client_settings",
        "cloud_name",
        "code_archive",
        "count_of",
        "error_of",
        "explained",
        "feed",
        "hindered",
        "install_placeholders",
        "is_captured",
        "is_reachable",
        "is_true",
        "items_of",
        "kept",
        "lacking",
        "library",
        "limited",
        "load_modules",
        "manifest_key",
        "nearest",
        "need_obstore",
        "new_scratch_folder",
        "next_pause",
        "open_store",
        "pack_error",
        "parse_cron",
        "place_of",
        "plan_hash",
        "prepared",
        "progress_listener",
        "qualified",
        "read_bindings",
        "read_deployed",
        "read_manifest",
        "register_component",
        "release",
        "request_of",
        "run_call",
        "run_call_async",
        "run_of",
        "set_options",
        "share_scratch",
        "split_bucket",
        "stages_of",
        "store_value",
        "tell",
        "timed_out",
        "unmet",
        "unpack_error",
        "upstream_failed",
        "warn_abandoned",
        "watch_imports",
    ],
    "glacier.core.tables": [
        "TableVersion",
        "find_version",
        "hash_table",
        "publish_table",
        "reach",
        "read_table",
        "split_address",
        "write_table",
    ],
    "glacier.core.testing": [
        "ExecutorContract",
        "FakeClock",
        "InlineExecutor",
        "ProviderContract",
        "StoringContract",
        "run",
        "run_task",
    ],
}


def modules() -> List[str]:
    found = pkgutil.walk_packages(glacier.core.__path__, "glacier.core.")
    return ["glacier.core", *(module.name for module in found)]


def isort_style(name: str) -> Tuple[int, str]:
    """Constants, then classes, then the rest, each by the alphabet: the order that ruff keeps."""
    return 0 if name.isupper() else 1 if name[:1].isupper() else 2, name


@pytest.mark.parametrize("name", SURFACE)
def test_a_package_offers_what_is_written_here(name: str) -> None:
    module = importlib.import_module(name)

    assert module.__all__ == SURFACE[name]
    for offered in module.__all__:
        assert getattr(module, offered) is not None
    assert set(SURFACE[name]) <= set(dir(module))


@pytest.mark.parametrize("name", ["glacier.core", "glacier.core.protocols"])
def test_a_name_that_is_not_there_is_an_attribute_error(name: str) -> None:
    module = importlib.import_module(name)

    with pytest.raises(AttributeError, match=f"module '{name}' has no attribute 'Nothing'"):
        _ = module.Nothing


@pytest.mark.parametrize("name", modules())
def test_a_module_says_what_it_offers_in_order_and_what_it_is(name: str) -> None:
    module = importlib.import_module(name)
    if name.endswith("._version"):
        return

    assert module.__doc__
    assert re.match(r"[A-Z][^\n]*[.:]$", module.__doc__.split("\n")[0])
    if name.rpartition(".")[2] != "_namespace":
        assert sorted(module.__all__, key=isort_style) == list(module.__all__)
        assert all(hasattr(module, offered) for offered in module.__all__)


def imported_by(statement: str) -> Sequence[str]:
    """The modules that a statement imports, in an interpreter that has done nothing else."""
    script = (
        "import sys, json; before = set(sys.modules); "
        f"{statement}; print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], check=True, stdout=subprocess.PIPE, text=True
    )
    found: Any = json.loads(ran.stdout)
    return [str(name) for name in found]


HEAVY = {
    "asyncio",
    "concurrent.futures.process",
    "dataclasses",
    "decimal",
    "difflib",
    "json",
    "logging",
    "pathlib",
    "pulumi",
    "subprocess",
    "tempfile",
    "unicodedata",
    "uuid",
}


def test_importing_core_imports_nothing_that_costs() -> None:
    found = imported_by("import glacier.core")

    assert not HEAVY.intersection(found)
    assert sys.version_info < (3, 10) or "inspect" not in found  # typing_extensions imports it
    running = ("contracts", "events", "executor", "graph", "launch", "plan", "run", "scheduler")
    rooms = (*running, "external", "formats", "tables")
    assert not {f"glacier.core.{name}" for name in rooms}.intersection(found)


@pytest.mark.skipif(sys.version_info < (3, 10), reason="typing_extensions is needed before 3.10")
def test_importing_core_imports_the_standard_library_alone() -> None:
    found = imported_by("import glacier.core")

    standard = {*sys.stdlib_module_names, "glacier"}
    assert {name.partition(".")[0] for name in found} <= standard


def test_running_a_pipeline_of_functions_needs_no_event_loop_and_no_processes() -> None:
    found = imported_by(
        "from glacier.core import Dataset, Pipeline; from glacier.core.testing import run; "
        "pipeline, raw = Pipeline('etl'), Dataset('raw'); scope = {'raw': raw}; "
        "exec('def extract() -> raw: return 1', scope); pipeline.task(scope['extract']); "
        "assert run(pipeline)['raw'] == 1"
    )

    assert not {"asyncio", "concurrent.futures", "queue", "difflib"}.intersection(found)
    stored = ("external", "formats", "tables")
    assert not {f"glacier.core.{name}" for name in stored}.intersection(found)


def test_the_facade_for_extensions_imports_what_is_asked_for() -> None:
    alone = imported_by("import glacier.core.protocols")
    assert "glacier.core.protocols" in alone
    assert not {"glacier.core.scheduler", "glacier.core.worker"}.intersection(alone)

    worker = imported_by("from glacier.core.protocols import run_call")
    assert "glacier.core.worker" in worker
    assert not {"glacier.core.scheduler", "glacier.core.executor"}.intersection(worker)
