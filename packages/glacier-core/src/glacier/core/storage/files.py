"""A dataset kept as versions, each of them files in a store."""

from __future__ import annotations

import os
import warnings
from typing import Any, NamedTuple, Optional, Sequence, Tuple

from glacier.core.context import scratch_of
from glacier.core.contracts import Store
from glacier.core.errors import FormatError, GlacierWarning, UnfitValue, VersionMissing
from glacier.core.formats import Written, read_value, write_value
from glacier.core.formats.kinds import FRAMES, STREAMS, kind_of
from glacier.core.storage.records import Kept, Origin
from glacier.core.stores.failures import is_shortage, told
from glacier.core.valueforms import STREAM, type_of_form
from glacier.core.versions import (
    Address,
    Draft,
    Part,
    Version,
    commit,
    fetch,
    find_fingerprint,
    find_latest,
    put_part,
    read_version,
    reuse,
)

__all__ = ["FileDraft", "FileShelf", "is_stream"]


class FileDraft(NamedTuple):
    """The files of a value, or of one item, before they are a version."""

    format: str
    kind: str
    parts: Tuple[Part, ...]
    rows: Optional[int] = None
    columns: Optional[Tuple[Tuple[str, str], ...]] = None
    mapped: bool = False


class FileShelf:
    """A dataset as versions in a store.

    ``format`` is the declared one, ``publish`` where the newest version is copied to, ``retain``
    how many stay. A ``private`` shelf is for Glacier's own use on this machine: what no format
    holds is pickled there, and read again; what cannot be pickled is not kept.
    """

    def __init__(
        self,
        store: Store,
        address: Address,
        *,
        format: Optional[str] = None,
        publish: Optional[str] = None,
        retain: Optional[int] = None,
        private: bool = False,
    ) -> None:
        self.store = store
        self.address = address
        self.format = format
        self.publish = publish
        self.retain = retain
        self.passes = private

    @property
    def place(self) -> str:
        return self.store.uri(self.address.key)

    # --- finding and reading ----------------------------------------------------------------------

    def latest(self) -> Optional[Kept]:
        return self._kept(find_latest(self.store, self.address))

    def at(self, version: str) -> Optional[Kept]:
        try:
            return self._kept(read_version(self.store, self.address, version))
        except VersionMissing:
            return None

    def find(self, fingerprint: str) -> Optional[Kept]:
        return self._kept(find_fingerprint(self.store, self.address, fingerprint))

    def read(self, version: str, *, wanted: Any = None, item: Optional[int] = None) -> Any:
        record = read_version(self.store, self.address, version)
        return read_value(
            fetch(self.store, record, None if item is None else [item]),
            format=record.format,
            wanted=wanted,
            mapped=record.mapped and item is None,
            kind=record.kind,
            declared="pickle" if self.passes else self.format,
        )

    def _kept(self, record: Optional[Version]) -> Optional[Kept]:
        if record is None:
            return None
        created = record.created
        if record.data != record.version:  # reused: the values are as old as their files
            try:
                created = read_version(self.store, self.address, record.data).created
            except VersionMissing:
                return None
        items = len(record.parts) if record.mapped else None
        return Kept(
            record.reference,
            record.content,
            created,
            items,
            record.fingerprint,
            record.recipe,
            record.kind,
            record.rows,
            record.size,
            self.place,
        )

    # --- writing ----------------------------------------------------------------------------------

    @property
    def database(self) -> Optional[str]:
        if self.publish is None or "://" not in self.publish:
            return None
        from glacier.core.tables import split_address

        return split_address(self.publish)[0]

    def write(
        self, value: Any, origin: Origin, *, attempt: int = 1, item: Optional[int] = None
    ) -> Optional[FileDraft]:
        try:
            return self._write(value, self._format_of(value), origin, attempt, item)
        except FormatError:
            if not self.passes or is_stream(value):  # a stream is used up
                raise
        try:
            return self._write(value, "pickle", origin, attempt, item)
        except FormatError as error:
            self._warn(origin, str(error))
            return None

    def _format_of(self, value: Any) -> Optional[str]:
        if self.passes and kind_of(value) == "iterator":
            return "pickle"  # whatever comes out of it can be read again
        return self.format

    def _write(
        self, value: Any, name: Optional[str], origin: Origin, attempt: int, item: Optional[int]
    ) -> FileDraft:
        written = self._staged([value] if item is not None else value, name, origin, item)
        draft = Draft(self.address, origin.run, origin.task, attempt)
        first = item or 0
        parts = [
            put_part(self.store, draft, first + number, file.path, rows=file.rows)
            for number, file in enumerate(written.parts)
        ]
        return FileDraft(
            written.format,
            written.kind,
            tuple(parts),
            written.rows,
            written.columns,
            written.mapped,
        )

    def _staged(
        self, value: Any, name: Optional[str], origin: Origin, item: Optional[int]
    ) -> Written:
        """The value as temporary files of the store."""
        try:
            return write_value(
                value,
                self.store.stage,
                format=name,
                mapped=item is not None,
                scratch=scratch_of(origin.run) or os.devnull,  # where no file lies
            )
        except OSError as error:
            # Any other error of a stream may be its own, and no matter of the store.
            if is_stream(value) and not is_shortage(error):
                raise
            raise told(error, self.place, doing="writing it") from error

    def commit(
        self,
        drafts: Sequence[Optional[FileDraft]],
        origin: Origin,
        *,
        attempt: int = 1,
        mapped: bool = False,
    ) -> Optional[Kept]:
        found = [draft for draft in drafts if draft is not None]
        if len(found) < len(drafts):
            return None
        first = found[0] if found else FileDraft("json", "object", (), 0)
        if not self._are_alike(found, origin):
            return None
        rows = [draft.rows for draft in found]
        version = commit(
            self.store,
            Draft(self.address, origin.run, origin.task, attempt),
            [part for draft in found for part in draft.parts],
            format=first.format,
            fingerprint=origin.fingerprint,
            inputs=origin.inputs,
            rows=len(found) if mapped else rows[0],
            columns=first.columns,
            kind=first.kind,
            mapped=mapped or first.mapped,
            recipe=origin.recipe,
            retain=self.retain,
        )
        self._publish(version)
        return self._kept(version)

    def _are_alike(self, drafts: Sequence[FileDraft], origin: Origin) -> bool:
        """Whether items that were written one by one can be read as one dataset."""
        for number, draft in enumerate(drafts):
            if (draft.format, draft.kind) != (drafts[0].format, drafts[0].kind):
                problem = UnfitValue(
                    format=drafts[0].format,
                    place=f"item {number} of {self.address.dataset!r}",
                    found=f"written as {draft.format} from {draft.kind}",
                    reason=f"the first item is {drafts[0].format} from {drafts[0].kind}, and all "
                    "are read back alike",
                    mend="Let all items have one type, or declare format='pickle'.",
                )
                if not self.passes:
                    raise problem
                self._warn(origin, str(problem))
                return False
        return True

    def reuse(self, older: Kept, origin: Origin) -> Optional[Kept]:
        draft = Draft(self.address, origin.run, origin.task)
        try:
            record = read_version(self.store, self.address, older.version)
            version = reuse(
                self.store,
                draft,
                record._replace(fingerprint=origin.fingerprint or record.fingerprint),
                inputs=origin.inputs,
                recipe=origin.recipe,
                retain=self.retain,
            )
        except VersionMissing:
            return None
        self._publish(version)
        return self._kept(version)

    def _publish(self, version: Version) -> None:
        if self.publish is None:
            return
        if "://" in self.publish:
            from glacier.core.tables import publish_table

            publish_table(self.publish, self.read(version.version, wanted=_as_rows(version.kind)))
            return
        from glacier.core.versions import publish

        publish(self.store, version, self.publish)

    def _warn(self, origin: Origin, reason: str) -> None:
        warnings.warn(
            f"what {origin.task!r} returned for {self.address.dataset!r} is not kept, so the next "
            f"run makes it again: {reason}",
            GlacierWarning,
            stacklevel=2,
        )


def is_stream(value: Any) -> bool:
    """Whether a value is used up, or moved, by being written."""
    kind = kind_of(value)
    return kind in ("iterator", "path") or kind in STREAMS


def _as_rows(kind: str) -> Any:
    """The type as which a version is read to go into a table, a few rows at a time."""
    return type_of_form("pyarrow.RecordBatchReader" if kind in FRAMES else STREAM)
