"""A figure of Glacier beside that of the bare loop, and the tables made of them."""

from __future__ import annotations

from typing import NamedTuple, Sequence

_HEAD = ("what", "glacier", "bare", "compared", "limit", "ok")


class Row(NamedTuple):
    """One line of a table.

    ``ok`` is whether the limit holds, ``None`` where none is set; ``reached`` the same for an aim
    beyond the limit, which fails nothing.
    """

    what: str
    glacier: str
    bare: str = ""
    compared: str = ""
    limit: str = ""
    ok: bool | None = None
    reached: bool | None = None

    def aiming(self, aim: str, reached: bool) -> Row:
        """The same with an aim."""
        return self._replace(limit=f"{self.limit}, aim {aim}", reached=reached)


def figure(what: str, glacier: float, unit: str, *, bare: float | None, limit: float | None) -> Row:
    """A figure that is limited as such; beside the bare one, the difference is shown."""
    compared = "" if bare is None else f"{glacier - bare:+.3g} {unit}"
    return Row(
        what,
        f"{glacier:.3g} {unit}",
        "" if bare is None else f"{bare:.3g} {unit}",
        compared,
        *_limited(glacier, limit, unit),
    )


def difference(what: str, glacier: float, bare: float, unit: str, *, limit: float | None) -> Row:
    """What Glacier adds to the bare figure."""
    added = glacier - bare
    compared = f"{added:+.3g} {unit} ({glacier / bare:.2f} x)"
    shown = _limited(added, limit, unit, sign="+")
    return Row(what, f"{glacier:.3g} {unit}", f"{bare:.3g} {unit}", compared, *shown)


def ratio(
    what: str,
    glacier: float,
    bare: float,
    unit: str,
    *,
    limit: float | None,
    times: float | None = None,
) -> Row:
    """How many times the bare figure Glacier's is; ``times`` if that is a median of its own."""
    times = glacier / bare if times is None else times
    shown = _limited(times, limit, "x")
    return Row(what, f"{glacier:.3g} {unit}", f"{bare:.3g} {unit}", f"{times:.2f} x", *shown)


def _limited(
    value: float, limit: float | None, unit: str, *, sign: str = ""
) -> tuple[str, bool | None]:
    return ("", None) if limit is None else (f"<= {sign}{limit:g} {unit}", value <= limit)


def render(rows: Sequence[Row]) -> str:
    """The rows as text, in columns."""
    cells = [_HEAD, *[(*row[:5], _shown(row)) for row in rows]]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)) for line in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)


def _shown(row: Row) -> str:
    limit = "" if row.ok is None else "ok" if row.ok else "MISSED"
    aim = "" if row.reached is None else ", aim reached" if row.reached else ", aim not reached"
    return limit + aim


def summary(rows: Sequence[Row]) -> str:
    """How many limits hold, and which do not."""
    limited = [row for row in rows if row.ok is not None]
    missed = [row.what for row in limited if not row.ok]
    text = f"{len(limited) - len(missed)} of {len(limited)} limits hold"
    return text + (f"; missed: {'; '.join(missed)}" if missed else "")
