"""Lines of ``.gitignore`` and ``.glacierignore``: what they leave out.

The patterns are git's: ``*``, ``?`` and ``[a-z]`` within a name, ``**`` across folders, a slash at
the end for folders alone, one elsewhere to anchor a pattern at the file that holds it, ``!`` to
take back what an earlier line left out. The last line that fits decides.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterable, List, NamedTuple, Optional, Pattern

__all__ = ["Rule", "is_ignored", "read_rules", "rules_of"]


class Rule(NamedTuple):
    """One line, as an expression for paths from ``base``, a path from the root or ``""``."""

    base: str
    expression: Pattern[str]
    folders_only: bool
    takes_back: bool


def rules_of(lines: Iterable[str], base: str = "") -> List[Rule]:
    """The rules of lines that stand in folder ``base``; comments and empty lines are none."""
    return [rule for rule in (_rule(line, base) for line in lines) if rule is not None]


def read_rules(file: Path, base: str = "") -> List[Rule]:
    """The rules of a file, none if there is no such file."""
    if not file.is_file():
        return []
    return rules_of(file.read_text(encoding="utf-8", errors="replace").splitlines(), base)


def is_ignored(path: str, is_folder: bool, rules: Iterable[Rule], *, default: bool = False) -> bool:
    """Whether the last of the rules that fits a path, from the root, leaves it out.

    ``default`` is the answer where none fits. Of rules for a folder's contents the caller takes
    care: it does not look into a folder that is left out.
    """
    ignored = default
    for rule in rules:
        if rule.folders_only and not is_folder:
            continue
        if rule.base and not path.startswith(f"{rule.base}/"):
            continue
        if rule.expression.match(path[len(rule.base) + 1 if rule.base else 0 :]):
            ignored = not rule.takes_back
    return ignored


def _rule(line: str, base: str) -> Optional[Rule]:
    text = re.sub(r"(?<!\\)\s+$", "", line)
    if not text or text.startswith("#"):
        return None
    takes_back = text.startswith("!")
    text = text[1:] if takes_back else text
    folders_only = text.endswith("/")
    text = text.rstrip("/")
    if not text:
        return None
    is_anchored = "/" in text
    prefix = "" if is_anchored else "(?:.*/)?"
    expression = re.compile(f"(?s){prefix}{_translated(text.lstrip('/'))}\\Z")
    return Rule(base, expression, folders_only, takes_back)


def _translated(pattern: str) -> str:
    out: List[str] = []
    at = 0
    while at < len(pattern):
        rest = pattern[at:]
        if rest.startswith("**/") and (at == 0 or pattern[at - 1] == "/"):
            out.append("(?:.*/)?")
            at += 3
        elif rest == "**" and (at == 0 or pattern[at - 1] == "/"):
            out.append(".+")
            at += 2
        elif rest[0] == "*":
            out.append("[^/]*")
            at += len(rest) - len(rest.lstrip("*"))
        elif rest[0] == "?":
            out.append("[^/]")
            at += 1
        elif rest[0] == "[" and "]" in rest[2:]:
            end = rest.index("]", 2)
            letters = rest[1:end].replace("\\", "\\\\")
            is_not = letters.startswith(("!", "^"))
            inner = (letters[1:] if is_not else letters).replace("[", "\\[")
            out.append(f"(?!/)[{'^' if is_not else ''}{inner}]")
            at += end + 1
        else:
            is_escaped = rest[0] == "\\" and len(rest) > 1
            out.append(re.escape(rest[1] if is_escaped else rest[0]))
            at += 2 if is_escaped else 1
    return "".join(out)
