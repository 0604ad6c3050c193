"""What lies in a store under Glacier's layout; all that lies elsewhere is not looked at."""

from __future__ import annotations

import re
from typing import Dict, List, NamedTuple

from glacier.core.contracts import Entry, Store
from glacier.core.versions.address import RUNS, Address, address_of
from glacier.core.versions.record import Reference
from glacier.core.versions.runs import DONE

__all__ = ["Survey", "survey"]

_DATA = re.compile(r"data-\d+(\.\d+)?-\d+(\.[A-Za-z0-9_]+)*")


class Survey(NamedTuple):
    """The files of a store by what they are; ``notes`` are those on what runs have done."""

    records: Dict[Reference, Entry]
    data: Dict[Reference, List[Entry]]
    fingerprints: Dict[Address, List[str]]
    runs: Dict[str, Entry]
    sizes: Dict[str, int]
    notes: Dict[str, Entry]

    def committed(self) -> Dict[Address, List[str]]:
        """The versions of each address that have a record."""
        found: Dict[Address, List[str]] = {}
        for address, version in self.records:
            found.setdefault(address, []).append(version)
        return found

    def drafts(self) -> List[Reference]:
        """Those that have files and no record."""
        return [reference for reference in self.data if reference not in self.records]

    def age_of(self, reference: Reference) -> float:
        """When a version was committed, in seconds since the epoch."""
        return self.records[reference].modified

    def touched(self, reference: Reference) -> float:
        """When a file of it was last written, in seconds since the epoch."""
        return max(entry.modified for entry in self.data[reference])


def survey(store: Store) -> Survey:
    """Look at all keys of a store."""
    found = Survey({}, {}, {}, {}, {}, {})
    for entry in store.list():
        names = entry.key.split("/")
        if len(names) == 2 and names[0] == RUNS and names[1].endswith(".json"):
            found.runs[names[1][: -len(".json")]] = entry
            found.sizes[entry.key] = entry.size
        elif len(names) == 3 and names[0] == RUNS and names[2] == DONE:
            found.notes[names[1]] = entry
            found.sizes[entry.key] = entry.size
        elif len(names) == 5:
            _add(found, names, entry)
    return found


def _add(found: Survey, names: List[str], entry: Entry) -> None:
    address = address_of(names)
    if address is None:
        return
    folder, name = names[3:]
    if folder == "by-fingerprint":
        found.fingerprints.setdefault(address, []).append(entry.key)
    elif name == "version.json":
        found.records[Reference(address, folder)] = entry
    elif _DATA.fullmatch(name):
        found.data.setdefault(Reference(address, folder), []).append(entry)
    else:
        return
    found.sizes[entry.key] = entry.size
