"""When each task of a run ran, drawn as bars."""

from __future__ import annotations

from typing import List, NamedTuple, Optional, Sequence
from xml.sax.saxutils import escape

__all__ = ["Bar", "timeline"]

_ROW, _WIDTH, _SECONDS = 20, 420, 70
_COLOURS = {"succeeded": "#4c9a5b", "failed": "#c8453b", "skipped": "#9aa5b1"}
_OTHER = "#c9cfd6"


class Bar(NamedTuple):
    """A task: ``started`` in seconds since the epoch, ``None`` if it never ran."""

    name: str
    state: str
    started: Optional[float]
    duration: float
    note: str = ""


def timeline(bars: Sequence[Bar], *, start: float, duration: float) -> str:
    """The bars as SVG, on the scale of a run that began at ``start`` and took ``duration``."""
    if not bars:
        return ""
    left = max(len(bar.name) for bar in bars) * 7.3 + 12
    scale = _WIDTH / max(duration, 1e-9)
    rows: List[str] = []
    for number, bar in enumerate(bars):
        y, colour = number * _ROW, _COLOURS.get(bar.state, _OTHER)
        state = bar.state.replace("_", " ")
        hint = escape(f"{bar.name}: {state}{f', {bar.note}' if bar.note else ''}")
        rows.append(f'<text x="{left - 8:.1f}" y="{y + 14}" text-anchor="end">{escape(bar.name)}')
        rows.append(f"<title>{hint}</title></text>")
        if bar.started is None:
            rows.append(f'<text x="{left:.1f}" y="{y + 14}" fill="#6b7785">{escape(state)}</text>')
            continue
        begin = min(max((bar.started - start) * scale, 0.0), _WIDTH)
        width = max(min(bar.duration * scale, _WIDTH - begin), 1.5)
        x = left + begin
        rows.append(
            f'<rect x="{x:.1f}" y="{y + 4}" width="{width:.1f}" height="{_ROW - 7}" rx="2" '
            f'fill="{colour}"><title>{hint}</title></rect>'
            f'<text x="{left + _WIDTH + 8:.1f}" y="{y + 14}">{bar.duration:.3f} s</text>'
        )
    width, height = left + _WIDTH + _SECONDS, len(bars) * _ROW + 4
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" '
        f'viewBox="0 0 {width:.1f} {height}" style="font:12px system-ui,sans-serif">'
        f"{''.join(rows)}</svg>"
    )
