"""A pytest plugin for WebAssembly: a test that needs what it has not is skipped, with the reason.

WebAssembly has no threads, processes or hard links, and its event loop cannot be waited for. The
tests of the annotations need none of these, so among them a skip is a failure.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

LACKS = {
    "can't start new thread": "no threads",
    "does not support processes": "no processes",
    "has no attribute 'link'": "no hard links",
    "stack switching": "no waiting for the event loop",
    "run_until_complete": "no waiting for the event loop",
}
REQUIRED = "test_annotations"
# A store in a folder creates keys by hard links, which there are none of.
STORES = ("test_catalog", "test_store", "test_versions")


def chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        for inner in getattr(error, "exceptions", ()):
            yield from chain(inner)
        error = error.__cause__ or error.__context__


def pytest_configure(config: pytest.Config) -> None:
    """A test that is skipped halfway may leave a coroutine that nobody awaits any more."""
    config.addinivalue_line("filterwarnings", "ignore:coroutine:RuntimeWarning")


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out the tests of what lies in stores."""
    return collection_path.name.startswith(STORES) or None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    try:
        return (yield)
    except (Exception, pytest.fail.Exception) as error:  # pytest.warns hides what was raised
        texts = [str(e) for e in chain(error)]
        lack = next((why for said, why in LACKS.items() if any(said in t for t in texts)), None)
        if lack is None or REQUIRED in item.nodeid:
            raise
        pytest.skip(f"WebAssembly: {lack}")
