"""Extensions that are installed beside core, found by entry point and imported when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, NamedTuple, Sequence

from glacier.core.errors import ExtensionError, nearest

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["BUCKETS", "how_to_get", "installed", "load"]

_KINDS = {
    "glacier.executors": "executor",
    "glacier.providers": "provider",
    "glacier.stores": "store for the scheme",
}
_EXTRAS = ("aws", "azure", "dask", "gcp", "local")
BUCKETS = {  # schemes of buckets, and the extras that serve them
    "abfs": "azure",
    "abfss": "azure",
    "az": "azure",
    "gcs": "gcp",
    "gs": "gcp",
    "s3": "aws",
    "s3a": "aws",
}


def installed(group: str) -> Sequence[str]:
    """The names that distributions offer in a group: ``glacier.executors``, ``glacier.stores`` …"""
    return sorted({offer.point.name for offer in _offers(group)})


def load(group: str, name: str) -> Any:
    """What the entry point ``name`` of a group refers to, imported now.

    Raises :class:`~glacier.core.errors.ExtensionError` where there is none, where two
    distributions offer the same name, and where the import fails.
    """
    kind = _KINDS.get(group, group)
    offers = _offers(group)
    found = [offer for offer in offers if offer.point.name == name]
    if not found:
        known = sorted({offer.point.name for offer in offers})
        raise ExtensionError(
            kind=kind, name=name, reason="is not installed", known=known, mend=_how(name, known)
        )
    if len(found) > 1:
        offered = " and ".join(f"{one.distribution} ({one.point.value})" for one in found)
        raise ExtensionError(
            kind=kind,
            name=name,
            reason=f"is offered by more than one distribution: {offered}",
            mend=f"Keep one: python -m pip uninstall {found[-1].distribution}.",
        )
    point, distribution = found[0]
    try:
        return point.load()
    except Exception as error:
        raise ExtensionError(
            kind=kind,
            name=name,
            reason=f"({point.value}, of {distribution}) is installed but cannot be imported: "
            f"{type(error).__name__}: {error}",
            mend=f"Reinstall it: python -m pip install --force-reinstall {distribution}.",
        ) from error


class _Offer(NamedTuple):
    point: EntryPoint
    distribution: str


def _offers(group: str) -> List[_Offer]:
    """The entry points of a group; of a distribution found twice, those found first."""
    # Not entry_points(): before Python 3.10 it does not tell whose they are.
    from importlib.metadata import distributions

    found: Dict[str, List[_Offer]] = {}
    for distribution in distributions():
        points = [point for point in distribution.entry_points if point.group == group]
        if points:
            name = distribution.metadata["Name"]
            key = name.lower().replace("_", "-")
            found.setdefault(key, [_Offer(point, name) for point in points])
    return [offer for offers in found.values() for offer in offers]


def how_to_get(error: BaseException) -> str:
    """How to get the package of Glacier that an import lacked; empty for any other error."""
    package, _, name = str(getattr(error, "name", None) or "").partition(".")
    is_ours = isinstance(error, ModuleNotFoundError) and package == "glacier" and name in _EXTRAS
    return _how(name, ()) if is_ours else ""


def _how(name: str, known: Sequence[str]) -> str:
    """How to get an extension that is not installed."""
    name = BUCKETS.get(name, name)
    if name in _EXTRAS:
        return f"Install it: python -m pip install 'glacier-pipeline[{name}]'."
    guess = nearest(name, [*known, *_EXTRAS])
    if guess is not None:
        return f"Did you mean {guess!r}?"
    return "Install the distribution that offers it."
