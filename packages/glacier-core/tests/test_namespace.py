"""``glacier`` is a namespace, and where it is not, the error says how to mend it."""

import importlib.util
import sys
import types

import pytest

from glacier.core import _namespace


def test_no_distribution_owns_the_namespace() -> None:
    spec = importlib.util.find_spec("glacier")
    assert spec is not None
    assert spec.origin is None


def test_the_guard_accepts_a_namespace() -> None:
    _namespace.check()


def test_the_guard_names_the_file_in_the_way_and_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    foreign = types.ModuleType("glacier")
    foreign.__file__ = "site-packages/glacier/__init__.py"
    monkeypatch.setitem(sys.modules, "glacier", foreign)

    with pytest.raises(ImportError, match="python -m pip uninstall glacier") as caught:
        _namespace.check()

    assert foreign.__file__ in str(caught.value)
    assert caught.value.name == "glacier"
    assert caught.value.path == foreign.__file__
