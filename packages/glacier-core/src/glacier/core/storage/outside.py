"""A dataset under somebody else's keys: it is read and never written."""

from __future__ import annotations

from typing import Any, Optional

from glacier.core.external import Source, read_external, resolve
from glacier.core.external.source import shown
from glacier.core.resources import External
from glacier.core.scratch import new_scratch_folder
from glacier.core.storage.records import Kept
from glacier.core.versions import Address, Reference

__all__ = ["ExternalShelf"]


class ExternalShelf:
    """What lies at an external address; what is read is what lay there when the run began."""

    def __init__(self, storage: External, address: Address) -> None:
        self.storage = storage
        self.address = address
        self.source: Optional[Source] = None

    @property
    def place(self) -> str:
        return shown(self.storage.address)

    def latest(self) -> Optional[Kept]:
        address, form, version = self.storage.address, self.storage.format, self.storage.version
        self.source = resolve(address, format=form, version=version)
        told = self.source.version
        return Kept(Reference(self.address, told), told)

    def at(self, version: str) -> Optional[Kept]:
        latest = self.latest()
        return latest if latest is not None and latest.version == version else None

    def read(self, version: str, *, wanted: Any = None, item: Optional[int] = None) -> Any:
        if self.source is None:
            self.latest()
        assert self.source is not None
        return read_external(self.source, scratch=new_scratch_folder(), wanted=wanted)
