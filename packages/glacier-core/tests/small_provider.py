"""A provider that needs nothing: what a test looks at is what it was asked to register."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence

from glacier.core.contracts.providers import Location, Registered, Site
from glacier.core.specs import Spec

__all__ = ["SmallProvider"]


class SmallProvider:
    """Tells one row for each spec. ``needs_program`` makes it one that a Pulumi program needs."""

    __glacier__ = "provider"
    kind = "small"
    needs_program = False
    adopts: Mapping[str, str] = {}
    deprecated: Mapping[str, str] = {}

    def __init__(self, *, doubts: Sequence[str] = ()) -> None:
        self._doubts = doubts
        self.registered: List[Spec] = []
        self.tags: Dict[str, str] = {}

    @property
    def location(self) -> Location:
        return Location("small", "1", "here")

    @property
    def answers(self) -> Mapping[str, Mapping[str, Any]]:
        return {}

    @staticmethod
    def address_of(token: str, native_id: str, location: Location) -> Optional[str]:
        return None

    def doubts(self) -> Sequence[str]:
        return self._doubts

    def register(self, spec: Spec, site: Site) -> Any:
        self.registered.append(spec)
        self.tags = dict(site.tags)
        site.tell(Registered(f"small:{spec.kind}", site.label(spec.name)))
        return f"native {site.called(spec, spec.name.lower())}"
