"""What one call is asked."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Dict, Mapping, NamedTuple, Optional, Sequence, Tuple, cast

from glacier.core.contracts import State
from glacier.core.errors import GlacierError

__all__ = ["Asked", "Request", "WrongPayload", "asked_of", "run_of"]


class WrongPayload(GlacierError):
    """A call that was asked for something that is none of what a deployed pipeline answers."""

    retryable = False

    def __init__(self, *, reason: str) -> None:
        super().__init__(
            f"this is no payload of a deployed pipeline: {reason}. Functions are called by the "
            "state machine of the deployment that made them; deploy both again."
        )


class Request(NamedTuple):
    """What a run is asked for.

    ``texts`` are parameters as on a command line, ``values`` in their JSON form. ``select`` is
    ``None`` for all tasks, ``resume`` the run to go on from. ``inputs`` are the datasets that the
    client has stored as versions of this run.
    """

    texts: Mapping[str, str] = {}
    values: Mapping[str, Any] = {}
    select: Optional[Sequence[str]] = None
    resume: Optional[str] = None
    inputs: Tuple[str, ...] = ()


class Asked(NamedTuple):
    """One payload. ``done`` are the ends of steps by their numbers in the plan, ``attempt`` counts
    from 1, ``items`` is how many there are."""

    step: str
    run: str
    task: str = ""
    attempt: int = 1
    item: Optional[int] = None
    items: int = 0
    done: Mapping[int, Mapping[str, Any]] = {}
    request: Request = Request()

    def state(self, number: int) -> Optional[State]:
        """How the step of that number ended; ``None`` if that is not told."""
        found = self.done.get(number)
        return None if found is None else State(found["state"])


_STEPS = ("begin", "task", "expand", "item", "collect", "finish")


def asked_of(event: object) -> Asked:
    """The payload that a function was called with. Raises :class:`WrongPayload`."""
    if not isinstance(event, Mapping):
        raise WrongPayload(reason=f"it is a {type(event).__name__}")
    data = cast("Mapping[str, Any]", event)
    step = data.get("step")
    if step not in _STEPS:
        raise WrongPayload(reason=f"its step is {step!r}")
    try:
        if step == "begin":
            request = cast("Mapping[str, Any]", data.get("request") or {})
            run = request.get("run") or run_of(data["execution"], data["started"])
            return Asked(step, str(run), request=_request(request))
        return Asked(
            step,
            str(data["run"]),
            "" if step == "finish" else str(data["task"]),
            int(data.get("retries") or 0) + 1,
            int(data["item"]) if step == "item" else None,
            int(data["count"]) if step == "collect" else 0,
            _done(data.get("done") or {}),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise WrongPayload(reason=f"{type(error).__name__}: {error}") from error


def _done(data: Mapping[str, Any]) -> Dict[int, Mapping[str, Any]]:
    """``{"t3": {"state": …}}`` by number."""
    found: Dict[int, Mapping[str, Any]] = {}
    for name, end in data.items():
        State(end["state"])
        found[int(name[1:])] = end
    return found


def _request(data: Mapping[str, Any]) -> Request:
    select, params = data.get("select"), dict(data.get("params") or {})
    return Request(
        {str(name): str(text) for name, text in params.items()},
        dict(data.get("values") or {}),
        [select] if isinstance(select, str) else None if select is None else list(select),
        data.get("resume") or None,
        tuple(map(str, data.get("inputs") or ())),
    )


def run_of(execution: str, started: str) -> str:
    """The id of a run that nobody has named, always the same for one execution.

    ``2026-01-31T12:00:00.123Z`` → ``20260131T120000.123000Z-9f3a1c``.
    """
    day, _, clock = started.rstrip("Z").partition("T")
    whole, _, fraction = clock.partition(".")
    # To the millisecond, which is all that clients are told of a start.
    stamp = f"{day.replace('-', '')}T{whole.replace(':', '')}.{fraction[:3]:0<6}Z"
    if len(stamp) != 23 or not stamp.replace("T", "").replace(".", "").rstrip("Z").isdigit():
        raise ValueError(f"{started!r} is no time in UTC")
    return f"{stamp}-{sha256(execution.encode()).hexdigest()[:6]}"
