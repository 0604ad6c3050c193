"""What the result of a step depends on: as a fingerprint, and part by part to tell what changed.

A fingerprint has the contents of the inputs, so a task whose input came out the same is up to date
though what made the input was edited. A provenance has that of the inputs instead, so it is known
before anything runs: it says whether a step of a failed run would be repeated as it was.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from glacier.core.fingerprint import Code, code_of, combine
from glacier.core.fingerprint.literals import literal
from glacier.core.step import Step

__all__ = ["Codes", "differences", "make_recipe", "named_inputs"]


class Codes:
    """The code of each function of a run, read when it is first asked for; ``known`` are those that
    were read elsewhere."""

    def __init__(self, known: Optional[Mapping[int, Optional[Code]]] = None) -> None:
        self._known: Dict[int, Optional[Code]] = dict(known or {})

    def of(self, number: int, function: Callable[..., Any]) -> Optional[Code]:
        """The code of the step of that number; ``None`` where there is no source to read."""
        if number not in self._known:
            self._known[number] = code_of(function)
        return self._known[number]


def named_inputs(step: Step, contents: Sequence[Optional[str]]) -> List[Tuple[str, Optional[str]]]:
    """The parameters that datasets fill, each with the content of its dataset."""
    slots = [slot for slot in step.slots if slot.kind == "input"]
    return [
        (f"{slot.parameter}.each" if slot.each else slot.parameter, content)
        for slot, content in zip(slots, contents)
    ]


def make_recipe(
    step: Step,
    code: Optional[Code],
    params: Mapping[str, Any],
    contents: Sequence[Optional[str]],
) -> Tuple[Optional[str], Dict[str, Any]]:
    """The fingerprint of a step, ``None`` if something has none of its own, and its parts as JSON.

    ``contents`` has one entry for each input slot.
    """
    version = None if step.caching is None else step.caching.version
    inputs = named_inputs(step, contents)
    fingerprint = combine(
        code=None if code is None else code.digest, version=version, params=params, inputs=inputs
    )
    if fingerprint is not None:  # the same code with other outputs is another task
        known = "\n".join([fingerprint, *step.outputs])
        fingerprint = sha256(known.encode()).hexdigest()
    parts = {
        "code": None if code is None else dict(code.parts),
        "version": version,
        "params": {name: _text(params[name]) for name in sorted(params)},
        "inputs": dict(inputs),
    }
    return fingerprint, parts


def _text(value: Any) -> str:
    text = literal(value)
    return f"a {type(value).__qualname__}" if text is None else text


def differences(before: Optional[Mapping[str, Any]], now: Mapping[str, Any]) -> List[str]:
    """What differs between two recipes, in words; the first one may come from an older Glacier."""
    if not before:
        return ["it is not known what the last one was made from"]
    found: List[str] = []
    found += _changed("", before.get("code"), now["code"], "was edited")
    if before.get("version") != now["version"]:
        found.append(f"version= was {before.get('version')!r} and is {now['version']!r}")
    found += _changed("parameter ", before.get("params"), now["params"], "changed")
    found += _changed("input ", before.get("inputs"), now["inputs"], "changed")
    return found


def _changed(kind: str, before: Any, now: Any, verb: str) -> List[str]:
    old, new = dict(before or {}), dict(now or {})
    names = sorted({*old, *new})
    texts: List[str] = []
    for name in names:
        shown = kind + (name if not kind or name == "the task" else repr(name))
        if name not in old:
            texts.append(f"{shown} is new")
        elif name not in new:
            texts.append(f"{shown} is gone")
        elif old[name] != new[name]:
            texts.append(f"{shown} {verb}")
    return texts
