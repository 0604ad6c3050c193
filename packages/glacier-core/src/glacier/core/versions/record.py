"""The record of a version: what was written, by whom, from what."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional, Tuple, TypeVar, cast

from glacier.core.errors import RecordError
from glacier.core.versions.address import Address

__all__ = ["FORMAT", "Part", "Reference", "Version", "dump", "load"]

FORMAT = 1
"""The format of all records in a store; one that differs is refused by name."""

T = TypeVar("T")


class Part(NamedTuple):
    """One file of a version.

    ``key`` is relative to the dataset's address, ``size`` in bytes, ``sha256`` in hexadecimal.
    """

    key: str
    size: int
    sha256: str
    rows: Optional[int] = None


class Reference(NamedTuple):
    """A version of a dataset, as others refer to it.

    Of data under a foreign layout ``version`` is whatever tells one state from another; there is
    no record of it.
    """

    address: Address
    version: str

    def __str__(self) -> str:
        return f"version {self.version} of {self.address}"

    def to_json(self) -> Dict[str, Any]:
        """The reference as JSON data."""
        return {**self.address._asdict(), "version": self.version}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Reference:
        """The reference that :meth:`to_json` wrote."""
        address = Address(data["pipeline"], data["dataset"], data["partition"])
        return cls(address, _text(data["version"]))


class Version(NamedTuple):
    """A committed version.

    ``run``, ``task`` and ``attempt`` wrote it; ``inputs`` are the versions that were read for it,
    directly or for what it was given in memory.
    ``data`` is the version whose files these are: another one where the task was up to date.
    ``format`` names how values are written in the parts, ``columns`` their names and types;
    ``kind`` is what the value was, and ``mapped`` whether each part is an item. ``created`` is in
    seconds since the epoch, by the clock of the writer. ``recipe`` is what the fingerprint was made
    from, to tell what has changed, and ``retain`` how many versions the dataset is to keep.
    """

    address: Address
    version: str
    run: str
    task: str
    attempt: int
    format: str
    parts: Tuple[Part, ...]
    fingerprint: Optional[str] = None
    inputs: Tuple[Reference, ...] = ()
    rows: Optional[int] = None
    columns: Optional[Tuple[Tuple[str, str], ...]] = None
    data: str = ""
    created: float = 0.0
    glacier: str = ""
    kind: str = "object"
    mapped: bool = False
    recipe: Optional[Mapping[str, Any]] = None
    retain: Optional[int] = None

    @property
    def reference(self) -> Reference:
        """How others refer to it."""
        return Reference(self.address, self.version)

    @property
    def size(self) -> int:
        """The bytes of all parts."""
        return sum(part.size for part in self.parts)

    @property
    def content(self) -> str:
        """A hash of the values: equal for versions with the same files in the same format."""
        # Two kinds may have the same bytes, such as a frame of pandas and one of polars.
        known = [self.format, self.kind, *(part.sha256 for part in self.parts)]
        return hashlib.sha256("\n".join(known).encode()).hexdigest()

    def __str__(self) -> str:
        return str(self.reference)

    def to_bytes(self) -> bytes:
        """The record as it is stored."""
        return dump({
            **self._asdict(),
            "address": self.address._asdict(),
            "parts": [part._asdict() for part in self.parts],
            "inputs": [one.to_json() for one in self.inputs],
        })  # fmt: skip

    @classmethod
    def from_bytes(cls, data: bytes, *, where: str) -> Version:
        """The version whose record is stored at ``where``.

        Raises :class:`~glacier.core.errors.RecordError`, naming that place, for another format or
        a broken record.
        """
        return load(data, where, _version)


def _version(data: Mapping[str, Any]) -> Version:
    columns, parts = data["columns"], tuple([_part(part) for part in data["parts"]])
    for part in parts:
        if not part.key.startswith(f"{data['data']}/data-"):
            raise ValueError(f"{part.key!r} is not a file of version {data['data']}")
    return Version(
        Address(**data["address"]),
        _text(data["version"]),
        _text(data["run"]),
        _text(data["task"]),
        _number(data["attempt"]),
        _text(data["format"]),
        parts,
        data["fingerprint"],
        tuple(map(Reference.from_json, data["inputs"])),
        data["rows"],
        None if columns is None else tuple([(_text(name), _text(kind)) for name, kind in columns]),
        _text(data["data"]),
        float(data["created"]),
        _text(data["glacier"]),
        _text(data["kind"]),
        data["mapped"] is True,
        data["recipe"],
        data["retain"],
    )


def _part(data: Mapping[str, Any]) -> Part:
    key, size, sha256 = _text(data["key"]), _number(data["size"]), _text(data["sha256"])
    return Part(key, size, sha256, data["rows"])


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value


def _number(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TypeError(f"{value!r} is not a whole number")
    return value


def dump(data: Mapping[str, Any]) -> bytes:
    """JSON data as it is stored, with the number of the format first."""
    text = json.dumps({"record": FORMAT, **data}, ensure_ascii=False, allow_nan=False, indent=1)
    return f"{text}\n".encode()


def load(data: bytes, where: str, make: Callable[[Mapping[str, Any]], T]) -> T:
    """What ``make`` takes from the stored record.

    Raises :class:`~glacier.core.errors.RecordError`, naming the place ``where`` it lies.
    """
    found: object = None
    try:
        record = json.loads(data)
        if not isinstance(record, dict):
            raise TypeError(f"it holds a {type(record).__name__}")
        fields = cast("Dict[str, Any]", record)
        found = fields.get("record")
        if found == FORMAT:
            return make(fields)
        if found is None:
            raise KeyError("record")
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        broken = f"{type(error).__name__}: {error}"
        raise RecordError(record=where, found=found, expected=FORMAT, broken=broken) from error
    raise RecordError(record=where, found=found, expected=FORMAT)
