"""A provider that keeps everything in a folder that several machines share."""

import re
from pathlib import Path
from typing import Any, ClassVar, Mapping, Optional, Sequence

from glacier.core.protocols import (
    InvalidOption,
    Location,
    NotAnEnvironment,
    Registered,
    ScheduleSpec,
    Site,
    Spec,
    UnknownOption,
    cloud_name,
)

PLACES = {
    "database": "databases/{}.db",
    "object_storage": "{}",
    "secret": "secrets/{}.txt",
    "serverless": "functions/{}",
}
OPTIONS = ("mode",)


class ShareProvider:
    """``ShareProvider("/mnt/data")``: each environment has a folder of its own in that one."""

    __glacier__ = "provider"
    kind: ClassVar[str] = "share"
    needs_program: ClassVar[bool] = False
    adopts: ClassVar[Mapping[str, str]] = {}
    deprecated: ClassVar[Mapping[str, str]] = {}

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    @property
    def location(self) -> Location:
        return Location("share", account=self.folder.as_posix())

    @property
    def answers(self) -> Mapping[str, Mapping[str, Any]]:
        return {}

    @staticmethod
    def address_of(token: str, native_id: str, location: Location) -> Optional[str]:
        return None

    def doubts(self) -> Sequence[str]:
        if self.folder.is_absolute():
            return ()
        return (f"the folder {self.folder} is another one on each machine: give its whole path",)

    def register(self, spec: Spec, site: Site) -> Any:
        if isinstance(spec, ScheduleSpec):
            return None
        # Many shares know no upper case, and no long names.
        name = PLACES[spec.kind].format(cloud_name([spec.name], longest=100))
        path = self.folder / site.called(spec, f"{site.environment}/{name}")
        told = {"path": path.as_posix(), "tags": dict(site.tags), **options_of(spec, site)}
        site.tell(Registered(f"share:{spec.kind}", site.label(spec.name), properties=told))
        return path

    def __getattr__(self, name: str) -> Any:
        raise NotAnEnvironment(provider=type(self).__name__, attribute=name)


def options_of(spec: Spec, site: Site) -> Mapping[str, Any]:
    """The one option that there is, the mode of the file or folder."""
    where = f"{site.environment}.{spec.kind}({spec.name!r}, options=…)"
    for option, value in spec.options.items():
        if option not in OPTIONS:
            raise UnknownOption(where=where, option=option, known=OPTIONS)
        if re.fullmatch("[0-7]{3}", str(value)) is None:
            mend = "Give it as chmod takes it: '750'."
            raise InvalidOption(where=where, option=option, found=value, mend=mend)
    return spec.options
