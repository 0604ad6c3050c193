"""Stored versions of datasets: written, committed once, found, read, collected.

::

    {pipeline}/{dataset}/{partition or _}/{version}/data-{attempt}-{part}.{ext}   never changed
                                         /{version}/version.json        created once: the commit
                                         /by-fingerprint/{fingerprint}.json    moves only forward
                                         /latest.json                          moves only forward
    _runs/{run}.json                              created once, when the run starts
         /{run}/done.json                         what a run has done that did not succeed

The id of a version is that of the run that wrote it, and run ids sort by time. What is written
comes into being with ``version.json``, which one attempt creates; the others adopt it.

==========  =================================================================================
module      noun, and what is done with it
==========  =================================================================================
address     :class:`Address`: a dataset of a pipeline, or one partition of it
record      :class:`Version` and what it is made of; to JSON and back
pointer     ``latest`` and ``by-fingerprint``, which move only forward
writing     :class:`Draft`: :func:`put_part`, :func:`commit`, :func:`reuse`
finding     :func:`read_version`, :func:`find_latest`, :func:`find_fingerprint`, …
runs        :class:`RunRecord`: :func:`start_run`, :func:`read_run`
fetching    :func:`fetch`: files of a version, checked
collecting  :func:`collect`: removes what nothing needs
publishing  :func:`publish`: a copy at an address that stays
survey      what lies in a store, for the collector
==========  =================================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glacier.core.versions.address import Address
from glacier.core.versions.fetching import fetch
from glacier.core.versions.finding import (
    find_fingerprint,
    find_latest,
    list_addresses,
    list_versions,
    read_version,
)
from glacier.core.versions.record import FORMAT, Part, Reference, Version
from glacier.core.versions.runs import RunRecord, list_runs, read_run, start_run
from glacier.core.versions.writing import Draft, commit, put_part, reuse

if TYPE_CHECKING:
    from glacier.core.versions.collecting import RETAIN, Collected, collect
    from glacier.core.versions.publishing import publish

__all__ = [
    "FORMAT",
    "RETAIN",
    "Address",
    "Collected",
    "Draft",
    "Part",
    "Reference",
    "RunRecord",
    "Version",
    "collect",
    "commit",
    "fetch",
    "find_fingerprint",
    "find_latest",
    "list_addresses",
    "list_runs",
    "list_versions",
    "publish",
    "put_part",
    "read_run",
    "read_version",
    "reuse",
    "start_run",
]

# A worker neither collects nor publishes, and need not load what that takes.
_ROOMS = {
    "RETAIN": "collecting",
    "Collected": "collecting",
    "collect": "collecting",
    "publish": "publishing",
}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
    globals()[name] = value
    return value
