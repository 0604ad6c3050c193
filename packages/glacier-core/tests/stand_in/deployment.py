"""What becomes of each resource: compared with the state, and done in the cloud."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path
from typing import Any, Callable, Collection, Dict, List, Mapping, Optional

from stand_in.cloud import Cloud, CloudError
from stand_in.events import Events
from stand_in.order import ROOT
from stand_in.sealing import opened

__all__ = ["Deployment", "Failed"]

_SIGN = "4dabf18193072939515e22adb298388d"

Row = Dict[str, Any]


class Failed(Exception):
    """A step that could not be done; the operation ends."""


class Deployment:
    """One operation on the rows of a stack. ``is_plan`` only says what it would do."""

    def __init__(
        self,
        rows: List[Row],
        cloud: Cloud,
        events: Events,
        *,
        is_plan: bool,
        targets: Collection[str],
        save: Callable[[List[Row]], None],
    ) -> None:
        self.old = {row["urn"]: row for row in rows}
        self.new: Dict[str, Row] = {}
        self.replaced: List[Row] = []
        self.counts: Dict[str, int] = {}
        self.failed = False
        self.cloud = cloud
        self._events = events
        self._is_plan = is_plan
        self._targets = targets
        self._save = save
        self._lock = threading.Lock()

    # --- what is registered -----------------------------------------------------------------------

    def register(self, goal: Row) -> Optional[Row]:
        """One resource as its program wants it; its row, ``None`` for one that is left out."""
        with self._lock:  # the program registers on several threads
            urn = goal["urn"]
            if self.failed:
                raise Failed("resource monitor shut down")
            if urn in self.new:
                raise self._failure(goal, f"Duplicate resource URN '{urn}'; try giving it a name")
            old = self.old.get(urn)
            if self._targets and urn not in self._targets and goal["type"] != ROOT:
                return self._untouched(goal, old)
            try:
                row = self._register(goal, old)
            except CloudError as error:
                raise self._failure(goal, str(error)) from error
            self.new[urn] = row
            self._checkpoint()
            return row

    def _untouched(self, goal: Row, old: Optional[Row]) -> Optional[Row]:
        if old is not None:
            self._count("same")
            self.new[goal["urn"]] = old
        return old

    def _register(self, goal: Row, old: Optional[Row]) -> Row:
        if not goal["custom"]:
            return self._step("same" if old else "create", goal, lambda: {"outputs": {}})
        if goal["type"].startswith("pulumi:providers:"):
            self.cloud.check_account(opened(goal["inputs"]))
            changed = old is None or old["inputs"] != goal["inputs"]
            operation = "same" if not changed else "update" if old else "create"
            key = goal["urn"].rpartition("::")[2] if old is None else old["id"]
            return self._step(operation, goal, lambda: {"id": key, "outputs": goal["inputs"]})
        return self._register_in_cloud(goal, old)

    def _register_in_cloud(self, goal: Row, old: Optional[Row]) -> Row:
        kind, inputs = goal["type"], _contents(opened(goal["inputs"]))
        salt = hashlib.sha256(goal["urn"].encode()).hexdigest()[:7]
        key = self.cloud.name_of(inputs, goal["urn"].rpartition("::")[2], salt)
        goal = {**goal, "digest": _digest(inputs)}

        def made(outputs: Mapping[str, Any]) -> Row:
            return {"id": key, "outputs": {**outputs, **goal["inputs"]}}

        if old is None:
            return self._step("create", goal, lambda: made(self.cloud.create(kind, key, inputs)))
        if old["id"] != key:
            row = self._step("replace", goal, lambda: made(self.cloud.create(kind, key, inputs)))
            self.replaced.append(old)
            return row
        if old.get("digest") != goal["digest"]:
            return self._step("update", goal, lambda: made(self.cloud.update(kind, key, inputs)))
        kept = {"id": key, "outputs": old["outputs"]}
        return self._step("same", goal, lambda: kept, planned=kept)

    def _step(
        self,
        operation: str,
        goal: Row,
        do: Callable[[], Row],
        *,
        planned: Optional[Row] = None,
    ) -> Row:
        self._events.step("resourcePreEvent", operation, goal, planning=self._is_plan)
        if self._is_plan and goal["custom"] and not goal["type"].startswith("pulumi:providers:"):
            done = planned or {"id": "", "outputs": goal["inputs"]}
        else:
            done = do()
        self._count(operation)
        self._events.step("resOutputsEvent", operation, goal, planning=self._is_plan)
        return {**goal, **done}

    def _failure(self, row: Row, message: str) -> Failed:
        self.failed = True
        self._events.step("resOpFailedEvent", "create", row, status=1, steps=0)
        self._events.fail(row["urn"], message)
        return Failed(message)

    def _count(self, operation: str) -> None:
        self.counts[operation] = self.counts.get(operation, 0) + 1

    # --- what is there ----------------------------------------------------------------------------

    def check_providers(self) -> None:
        """Make the provider instances of the state, as a deletion without a program does."""
        for row in self.old.values():
            if row["type"].startswith("pulumi:providers:"):
                try:
                    self.cloud.check_account(opened(row["inputs"]))
                except CloudError as error:
                    raise self._failure(row, str(error)) from error

    def delete_rest(self) -> None:
        """Delete what no program registered, the last that was made first."""
        gone = [row for urn, row in self.old.items() if urn not in self.new]
        if self._targets:
            gone = [row for row in gone if row["urn"] in self._targets]
            self._check_dependents({row["urn"] for row in gone})
        for row in [*reversed(gone), *self.replaced]:
            self._delete(row)

    def _check_dependents(self, gone: Collection[str]) -> None:
        for row in self.old.values():
            needed = {row["parent"], *row["dependencies"], row["provider"].rpartition("::")[0]}
            if row["urn"] not in gone and needed & set(gone):
                message = "cannot delete what others, which were not targeted, depend on"
                raise self._failure(row, message)

    def _delete(self, row: Row) -> None:
        self._events.step("resourcePreEvent", "delete", row, planning=self._is_plan)
        if not self._is_plan:
            in_cloud = row["custom"] and not row["type"].startswith("pulumi:providers:")
            if in_cloud and not row["retainOnDelete"]:
                try:
                    self.cloud.delete(row["type"], row["id"])
                except CloudError as error:
                    raise self._failure(row, str(error)) from error
            if row not in self.replaced:
                del self.old[row["urn"]]
        self._count("delete")
        self._events.step("resOutputsEvent", "delete", row, planning=self._is_plan)
        self._checkpoint()

    def refresh(self) -> None:
        """Take over what is in the cloud."""
        for urn, row in [*self.old.items()]:
            if not row["custom"] or row["type"].startswith("pulumi:providers:"):
                self._count("same")
                continue
            found = self.cloud.read(row["type"], row["id"])
            if found is None:
                operation = "delete"
                del self.old[urn]
            elif _digest(found[0]) != row["digest"]:
                operation = "update"
                self.old[urn] = {**row, **_taken_over(row, *found)}
            else:
                operation = "same"
            self._count(operation)
            self._events.step("resOutputsEvent", operation, row, planning=self._is_plan)
            self._checkpoint()

    def rows(self) -> List[Row]:
        """The state as it is now: in the order in which things were made."""
        return [*{**self.old, **self.new}.values()]

    def _checkpoint(self) -> None:
        if not self._is_plan:
            self._save(self.rows())


def _taken_over(row: Row, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> Row:
    """What a row gets of the cloud; what is as it was stays secret if it was."""

    def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> Row:
        return {k: old[k] if k in old and opened(old[k]) == v else v for k, v in new.items()}

    return {
        "inputs": merged(row["inputs"], inputs),
        "outputs": merged(row["outputs"], outputs),
        "digest": _digest(inputs),
    }


def _contents(value: Any) -> Any:
    """Files and archives by what is in them, so that a change in one is a change."""
    if isinstance(value, dict):
        path = value.get("path")
        if _SIGN in value and isinstance(path, str):
            files = sorted(Path(path).rglob("*")) if Path(path).is_dir() else [Path(path)]
            parts = [one.read_bytes() for one in files if one.is_file()]
            return {"sha256": hashlib.sha256(b"".join(parts)).hexdigest()}
        return {key: _contents(one) for key, one in value.items()}
    return [_contents(one) for one in value] if isinstance(value, list) else value


def _digest(inputs: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
