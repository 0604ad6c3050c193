"""Stop pytest early where another distribution owns the name ``glacier``."""

import importlib.util

import pytest


def pytest_configure() -> None:
    """Check before collection, where the cause would drown in import errors.

    Editable installs need it: there the guard in ``glacier.core`` is hidden too.
    """
    spec = importlib.util.find_spec("glacier")
    if spec is None:
        raise pytest.UsageError("no Glacier package is installed here; see CONTRIBUTING.md")
    if spec.origin is not None:
        raise pytest.UsageError(
            f"'glacier' must be a namespace package, but {spec.origin} makes it a regular one; "
            "run: python -m pip uninstall glacier"
        )
