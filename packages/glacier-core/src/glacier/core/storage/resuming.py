"""Going on from a run that failed: which of its steps need not be repeated.

A step is reused if it would be made from the same code, parameters and inputs, as far back as the
run goes, and if what the others need of it is stored. A step whose results nobody needs any more is
passed over.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence

from glacier.core.contracts import Launch, Store
from glacier.core.errors import CannotResume, KeyMissing, RecordError, VersionMissing
from glacier.core.storage.records import Kept
from glacier.core.storage.shelf import Shelf
from glacier.core.versions import FORMAT, RunRecord, read_run
from glacier.core.versions.runs import done_key, run_key

__all__ = ["Resumption", "note_done", "read_resumption"]


class Resumption(NamedTuple):
    """A run to go on from: its record, and the provenance of each task that it has done."""

    record: RunRecord
    done: Mapping[str, Optional[str]]

    def choose(
        self, launch: Launch, provenances: Sequence[Optional[str]], shelves: Mapping[str, Shelf]
    ) -> Dict[int, Sequence[Optional[Kept]]]:
        """The steps that are not repeated, each with what is stored of its outputs."""
        plan = launch.plan
        stored: Dict[int, List[Optional[Kept]]] = {}
        for number, step in enumerate(plan.steps):
            made = provenances[number]
            if made is None:
                continue
            found = [
                _made_so(shelves[name].at(self.record.run), made) if name in shelves else None
                for name in step.outputs
            ]
            if self.done.get(step.task) == made or (found and None not in found):
                stored[number] = found
        return _enough(launch, stored)


def _made_so(kept: Optional[Kept], provenance: str) -> Optional[Kept]:
    same = kept is not None and (kept.recipe or {}).get("provenance") == provenance
    return kept if same else None


def _enough(
    launch: Launch, stored: Mapping[int, List[Optional[Kept]]]
) -> Dict[int, Sequence[Optional[Kept]]]:
    """Those of which all is stored that is a result, or to be kept, or read by what is repeated.

    Of a run that was killed there is no note on what it had done. But what a task has read that is
    done had been made, and from the same, for the provenance of a reader tells that too.
    """
    wiring = launch.plan.wiring
    wanted = {wiring.numbers[name] for name in launch.keep if name in wiring.numbers}
    chosen: Dict[int, Sequence[Optional[Kept]]] = {}
    for number in range(len(launch.plan.steps) - 1, -1, -1):  # readers come after what they read
        outputs = [dataset for dataset in wiring.outputs[number] if dataset >= 0]
        found = stored.get(number, [None] * len(wiring.outputs[number]))
        lacking = [
            dataset
            for dataset, kept in zip(wiring.outputs[number], found)
            if kept is None and dataset >= 0
        ]
        is_enough = all(
            dataset not in wanted
            and wiring.readers[dataset]
            and all(reader in chosen for reader in wiring.readers[dataset])
            for dataset in lacking
        )
        if is_enough and (outputs or number in stored):
            chosen[number] = found
    return chosen


def note_done(store: Store, run: str, done: Mapping[str, Optional[str]]) -> None:
    """Note which tasks a run that did not succeed has done, each with its provenance."""
    text = json.dumps({"record": FORMAT, "done": dict(done)}, ensure_ascii=False, indent=1)
    store.put(done_key(run), f"{text}\n".encode())


def read_resumption(store: Store, run: str) -> Resumption:
    """What is known of a run to go on from. Raises :class:`~glacier.core.errors.CannotResume`."""
    try:
        record = read_run(store, run)
    except VersionMissing as error:
        raise CannotResume(
            run=run,
            reason=f"nothing is known of it: {store.uri(run_key(run))} is missing",
            mend="A run can be resumed that failed, or that stores datasets; 'glacier runs' lists "
            "all of them.",
        ) from error
    try:
        data = store.get(done_key(run))
    except KeyMissing:
        return Resumption(record, {})
    return Resumption(record, _done(data, store.uri(done_key(run))))


def _done(data: bytes, where: str) -> Mapping[str, Optional[str]]:
    try:
        note: Any = json.loads(data)
        found = note["record"]
        if found == FORMAT:
            return dict(note["done"])
    except (KeyError, TypeError, ValueError) as error:
        broken = f"{type(error).__name__}: {error}"
        raise RecordError(record=where, found=None, expected=FORMAT, broken=broken) from error
    raise RecordError(record=where, found=found, expected=FORMAT)
