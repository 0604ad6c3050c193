"""The root of the error tree, and the parts that messages are composed of."""

from __future__ import annotations

from typing import Callable, Dict, Iterable, List, Optional, Sequence, Tuple, Type

__all__ = [
    "GlacierError",
    "GlacierWarning",
    "Skip",
    "a_type",
    "described",
    "did_you_mean",
    "joined",
    "listed",
    "nearest",
    "numbered",
    "perhaps",
]


class GlacierError(Exception):
    """Anything that Glacier itself reports; its text says what, where, why and how to mend it."""

    retryable = True
    """Whether the same call may go well when it is tried again."""

    kinds: Tuple[str, ...] = ()
    """Of an error that stands for one from elsewhere, the names of all types of that one."""

    @property
    def problems(self) -> Tuple[GlacierError, ...]:
        """The single problems reported here: this one, or all those of a group."""
        return (self,)

    def __reduce__(self) -> Tuple[object, ...]:
        # The constructors take facts, so the default, cls(*args), could not rebuild one elsewhere.
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(
    kind: Type[GlacierError], args: Tuple[object, ...], facts: Dict[str, object]
) -> object:
    error = kind.__new__(kind, *args)
    error.args = args  # which OSError, a base of some, leaves to its __init__
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


def perhaps(name: str, known: Iterable[str]) -> str:
    """A sentence that names the nearest known name, after a space; empty if none is near."""
    guess = nearest(name, known)
    return "" if guess is None else f" Did you mean {guess!r}?"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The same, and where no name is near a sentence that lists what there is, if anything."""
    names = sorted(set(known))
    return perhaps(name, names) or (f" Known: {listed(names)}." if names else "")


def joined(texts: Sequence[str], *, limit: int = 8, form: Callable[[str], str] = str) -> str:
    """``a, b and c``, cut after ``limit`` texts."""
    shown = [form(text) for text in texts[:limit]]
    if len(texts) > limit:
        shown.append(f"{len(texts) - limit} more")
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def listed(names: Sequence[str], *, limit: int = 8) -> str:
    """``'a', 'b' and 'c'``, cut after ``limit`` names."""
    return joined(names, limit=limit, form=repr)


def numbered(problems: Sequence[GlacierError]) -> str:
    """The texts of several problems as an indented, numbered list."""
    lines: List[str] = []
    for number, problem in enumerate(problems, 1):
        first, *rest = str(problem).splitlines() or [""]
        lines.append(f"  {number}. {first}")
        lines.extend(f"     {line}" for line in rest)
    return "\n".join(lines)


def described(value: object) -> str:
    """A value and what it is, ``3 (an int)``, cut to a readable length."""
    text = repr(value)
    text = text if len(text) <= 80 else text[:79] + "…"
    if value is None:
        return text
    return f"{text} ({a_type(value)})"


def a_type(value: object) -> str:
    """What a value is, ``an int``."""
    kind = type(value).__name__
    return f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}"
