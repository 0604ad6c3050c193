"""Clusters that the tests of a module share: in this process, and of worker processes.

None of them lives on beside the tests of others, of which some look at all that their process has
open.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from glacier.dask import DaskExecutor

sys.path.append(str(Path(__file__).parents[2] / "glacier-core" / "tests"))

# A shell that starts the tests in the background has SIGINT ignored, and what they start inherits
# that: no test of Ctrl-C would end.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module")
def threads() -> Iterator[str]:
    """The address of a cluster in this process: one worker of two threads."""
    with DaskExecutor(processes=False, n_workers=1, threads_per_worker=2) as executor:
        yield executor.session().address


@pytest.fixture(scope="module")
def processes() -> Iterator[str]:
    """The address of a cluster of two worker processes of one thread each."""
    with DaskExecutor(n_workers=2, threads_per_worker=1) as executor:
        yield executor.session().address


@pytest.fixture(scope="module")
def alone() -> Iterator[str]:
    """The address of a cluster in this process that runs one task at a time."""
    with DaskExecutor(processes=False, n_workers=1, threads_per_worker=1) as executor:
        yield executor.session().address
