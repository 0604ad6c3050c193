"""A cloud in a folder: each resource is a file, which tests may read, change or remove."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Tuple
from urllib.parse import quote

__all__ = ["Cloud", "CloudError"]

_NAMES = ("bucket", "identifier", "name")  # the properties that name a resource in a cloud


class CloudError(Exception):
    """What a cloud refuses to do."""


class Cloud:
    """``folder`` holds the resources; its file ``account``, whose credentials are used.

    While its file ``busy`` names a kind, resources of that kind are not made yet; ``waiting`` is
    there as soon as somebody waits for one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def account(self) -> str:
        """The account of the credentials that are used here."""
        return (self.folder / "account").read_text().strip()

    def file(self, kind: str, key: str) -> Path:
        """Where a resource is."""
        return self.folder / quote(kind, safe="") / f"{quote(key, safe='')}.json"

    def contents(self, kind: str, key: str) -> Path:
        """The folder of what a resource holds; there is one only if something is in it."""
        return self.file(kind, key).with_suffix(".contents")

    def ids(self, kind: str) -> List[str]:
        """The ids of all resources of a kind."""
        return sorted(path.stem for path in (self.folder / quote(kind, safe="")).glob("*.json"))

    def check_account(self, inputs: Mapping[str, Any]) -> None:
        """Refuse what an explicit provider instance was made to refuse."""
        allowed: Any = inputs.get("allowedAccountIds")
        if isinstance(allowed, str):  # the settings of provider instances travel as JSON
            allowed = json.loads(allowed)
        if allowed and self.account not in allowed:
            raise CloudError(f"AWS account ID not allowed: {self.account}")

    def name_of(self, inputs: Mapping[str, Any], label: str, salt: str) -> str:
        """The id that a resource will have."""
        if {"bucket", "key"} <= inputs.keys():
            return f"{inputs['bucket']}/{inputs['key']}"
        for name in _NAMES:
            if isinstance(inputs.get(name), str):
                return str(inputs[name])
        return f"{label}-{salt}"

    def call(self, function: str) -> Optional[Dict[str, Any]]:
        """What a function of the cloud returns, which lies in ``functions``; ``None`` without."""
        file = self.folder / "functions" / quote(function, safe="")
        if not file.exists():
            return None
        found: Dict[str, Any] = json.loads(file.read_text())
        return found

    def create(self, kind: str, key: str, inputs: Mapping[str, Any]) -> Dict[str, Any]:
        """Make a resource; all its properties."""
        file, busy = self.file(kind, key), self.folder / "busy"
        while busy.exists() and busy.read_text() == kind:
            (self.folder / "waiting").touch()
            time.sleep(0.02)
        if file.exists():
            raise CloudError(f"{kind} {key!r} already exists and belongs to somebody else")
        return self._write(kind, key, inputs)

    def update(self, kind: str, key: str, inputs: Mapping[str, Any]) -> Dict[str, Any]:
        """Change a resource; all its properties."""
        if not self.file(kind, key).exists():
            raise CloudError(f"{kind} {key!r} does not exist")
        return self._write(kind, key, inputs)

    def read(self, kind: str, key: str) -> Optional[Tuple[Dict[str, Any], Dict[str, Any]]]:
        """The inputs and all properties of a resource; ``None`` where there is none."""
        file = self.file(kind, key)
        if not file.exists():
            return None
        inputs = json.loads(file.read_text())
        return inputs, _properties(kind, key, inputs)

    def delete(self, kind: str, key: str) -> None:
        """Remove a resource; one that is gone already is no error."""
        found = self.read(kind, key)
        if found is None:
            return
        inputs, contents = found[0], self.contents(kind, key)
        if inputs.get("deletionProtection"):
            raise CloudError(f"{kind} {key!r} is protected from deletion")
        if contents.exists() and not inputs.get("forceDestroy"):
            raise CloudError(f"{kind} {key!r} is not empty")
        shutil.rmtree(contents, ignore_errors=True)
        self.file(kind, key).unlink()

    def _write(self, kind: str, key: str, inputs: Mapping[str, Any]) -> Dict[str, Any]:
        file = self.file(kind, key)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(inputs, indent=1, sort_keys=True))
        return _properties(kind, key, inputs)


def _properties(kind: str, key: str, inputs: Mapping[str, Any]) -> Dict[str, Any]:
    """With what only a cloud knows: each has some of that, and here all have all of it."""
    known = {"arn": f"arn:stand-in:{kind}/{key}", "name": key, "principalId": f"{kind} {key}"}
    return {**known, **inputs, "id": key}
