"""The root of the error tree, and the parts that messages are composed of."""

from __future__ import annotations

from typing import Dict, Iterable, Optional, Sequence, Tuple, Type

__all__ = ["GlacierError", "GlacierWarning", "Skip", "nearest"]


class GlacierError(Exception):
    """Anything that Glacier itself reports; its text says what, where, why and how to mend it."""

    @property
    def problems(self) -> Tuple[GlacierError, ...]:
        """The single problems reported here: this one, or all those of a group."""
        return (self,)

    def __reduce__(self) -> Tuple[object, ...]:
        # The constructors take facts, so the default, cls(*args), could not rebuild one elsewhere.
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(kind: Type[GlacierError], args: Tuple[object, ...], facts: Dict[str, object]) -> object:
    error = kind.__new__(kind, *args)
    error.__dict__.update(facts)
    return error


class GlacierWarning(UserWarning):
    """Something that is legal and is probably not what was meant."""


class Skip(Exception):
    """Raised by a task that has nothing to produce; its consumers are skipped too.

    In a mapped task it drops the one item. The reason given is shown with the run.
    """


def nearest(name: str, known: Iterable[str]) -> Optional[str]:
    """The known name that ``name`` was probably meant to be, or ``None``."""
    from difflib import get_close_matches

    candidates = sorted(set(known))
    lowered = {candidate.lower(): candidate for candidate in reversed(candidates)}
    found = get_close_matches(name.lower(), list(lowered), n=1, cutoff=0.6)
    return lowered[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence that names the nearest known name, or lists what there is."""
    known = sorted(set(known))
    guess = nearest(name, known)
    if guess is not None:
        return f" Did you mean {guess!r}?"
    if not known:
        return ""
    return f" There is {listed(known)}."


def listed(names: Sequence[str], *, limit: int = 8) -> str:
    """``'a', 'b' and 'c'``, cut after ``limit`` names."""
    shown = [repr(name) for name in names[:limit]]
    if len(names) > limit:
        return ", ".join(shown) + f" and {len(names) - limit} more"
    if len(shown) > 1:
        return ", ".join(shown[:-1]) + " and " + shown[-1]
    return "".join(shown)


def numbered(problems: Sequence[GlacierError]) -> str:
    """The texts of several problems as an indented, numbered list."""
    lines = []
    for number, problem in enumerate(problems, 1):
        first, *rest = str(problem).splitlines() or [""]
        lines.append(f"  {number}. {first}")
        lines.extend(f"     {line}" for line in rest)
    return "\n".join(lines)
