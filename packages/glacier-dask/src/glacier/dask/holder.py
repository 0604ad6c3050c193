"""The values of a run, which stay on the workers until somebody asks for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glacier.core.protocols import Handle, Origin, Value, VersionRef, WritableShelf
from glacier.dask.engine import Client, cloudpickle, sizeof
from glacier.dask.faults import CannotCross, ValueLost
from glacier.dask.marks import Spot
from glacier.dask.program import pack
from glacier.dask.session import Session
from glacier.dask.steps import hold, pick, salvage

__all__ = ["Holder"]

_LARGE = 4 * 2**20  # bytes from which a given value goes to workers directly
_COPIES = 2  # of such a value, which could not be computed again


class Holder:
    """Brings values to the workers, and back; a run keeps it, and with it the session."""

    def __init__(self, session: Session, read_stored: Callable[[VersionRef], Any] | None) -> None:
        self._session = session
        self._read_stored = read_stored

    @property
    def client(self) -> Client:
        return self._session.client

    def keep(self, value: Any) -> Handle:
        """Send a value to the workers. A small one is part of the graph, so that none can lose it;
        of a large one there are two copies. Raises :class:`~glacier.dask.CannotCross`."""
        if sizeof(value) >= _LARGE:
            copies = min(_COPIES, max(1, len(self._session.workers())))
            future = self.client.scatter(
                [value], broadcast=copies if copies > 1 else False, hash=False
            )[0]
        else:
            future = self.client.submit(hold, _packed(value), pure=False)
        return Handle(Spot(future))

    def read(self, ref: Any) -> Any:
        """The value of a reference; raises :class:`~glacier.dask.ValueLost`."""
        if isinstance(ref, Value):
            return ref.value
        if isinstance(ref, VersionRef):
            return None if self._read_stored is None else self._read_stored(ref)
        if not isinstance(ref, Handle):
            return None
        spot: Spot = ref.token
        try:
            value = spot.future.result()
        except Exception as error:
            raise ValueLost(error=error) from error
        return value if spot.pick < 0 else value[spot.pick]

    def store(self, ref: Handle, shelf: WritableShelf, origin: Origin) -> None:
        """Store a value that a run has left, on the worker that has it."""
        spot: Spot = ref.token
        result = spot.future
        if spot.pick >= 0:
            result = self.client.submit(pick, spot.pick, result, pure=False)
        self.client.submit(salvage, cloudpickle.dumps((shelf, origin)), result, pure=False).result()


def _packed(value: Any) -> bytes:
    try:
        return pack(value)
    except Exception as error:
        raise CannotCross(
            where="inputs=",
            what=f"a {type(value).__qualname__} that was given",
            error=error,
            mend="Give plain data, such as a list in place of an iterator.",
        ) from error
