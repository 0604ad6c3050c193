"""Extensions that are installed beside core, found by entry point and imported when asked for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, List, Sequence

from glacier.core.errors import ExtensionError, did_you_mean

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["installed", "load"]

_KINDS = {"glacier.executors": "executor", "glacier.providers": "provider"}


def installed(group: str) -> Sequence[str]:
    """The names that installed distributions offer in ``glacier.executors`` (or ``.providers``)."""
    return sorted({point.name for point in _points(group)})


def load(group: str, name: str) -> Any:
    """What the entry point ``name`` of a group refers to, imported now.

    Raises :class:`~glacier.core.errors.ExtensionError` where there is none, where two
    distributions offer the same name, and where the import fails.
    """
    kind = _KINDS.get(group, group)
    found = [point for point in _points(group) if point.name == name]
    if not found:
        known = installed(group)
        mend = f"Install it: python -m pip install 'glacier-pipeline[{name}]'."
        guess = did_you_mean(name, known)
        if "Did you" in guess:
            mend = guess.strip()
        raise ExtensionError(
            kind=kind, name=name, reason="is not installed", known=known, mend=mend
        )
    targets = {point.value for point in found}
    if len(targets) > 1:
        raise ExtensionError(
            kind=kind,
            name=name,
            reason="is offered by more than one distribution: " + " and ".join(sorted(targets)),
            mend="Uninstall one of them.",
        )
    try:
        return found[0].load()
    except Exception as error:
        raise ExtensionError(
            kind=kind,
            name=name,
            reason=f"({found[0].value}) is installed but cannot be imported: "
            f"{type(error).__name__}: {error}",
            mend=f"Reinstall it: python -m pip install --force-reinstall 'glacier-{name}'.",
        ) from error


def _points(group: str) -> List[EntryPoint]:
    from importlib.metadata import entry_points

    if sys.version_info >= (3, 10):
        return list(entry_points(group=group))
    return list(entry_points().get(group, ()))
