"""A file executed afresh in a program without an engine, and what it turned out to declare.

The name of the program is that of the pipeline, which only the file knows: it is guessed, and the
file executed once more where the guess was wrong.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, NamedTuple, Optional, Set, Tuple

from glacier.core.errors import CannotSynth, UnknownName
from glacier.core.loader import Loaded, load, split_target
from glacier.core.pipeline import Pipeline
from glacier.core.programs import Session, in_program, opened
from glacier.core.registration import Wish, register_pipeline
from glacier.core.synth.program import Program, run_program

if TYPE_CHECKING:
    from glacier.core.environment import Environment

__all__ = ["Executed", "chosen", "environment_of", "execute", "file_of", "forget"]


class Executed(NamedTuple):
    """What came of one execution of a file; ``environment`` is ``None`` where it makes none."""

    session: Session
    pipeline: Pipeline
    program: Program
    environment: Optional[Environment]


def execute(
    target: str,
    environment: Optional[str] = None,
    *,
    provider: Optional[str] = None,
    wish: Optional[Wish] = None,
) -> Executed:
    """Execute ``FILE[:PIPELINE]`` for one of its environments, by itself the only one.

    ``wish`` is what was said of the pipeline; without it, what the file itself says. Raises
    :class:`~glacier.core.errors.RequestError`, and what the file raises.
    """
    file, name = split_target(target)
    project = _guess(file, "Pipeline") or name or "pipeline"
    stack = environment or _guess(file, "Environment") or "default"
    before = set(sys.modules)
    asked = _Asked(target, stack, environment, provider, wish)
    one, done = _executed(asked, project)
    if done.pipeline.name != project:
        forget(before, file)
        one, done = _executed(asked, done.pipeline.name)
    return Executed(one, done.pipeline, done.program, environment_of(one, environment, target))


class _Done(NamedTuple):
    pipeline: Pipeline
    program: Program


class _Asked(NamedTuple):
    target: str
    stack: str
    environment: Optional[str]
    provider: Optional[str]
    wish: Optional[Wish]


def _executed(asked: _Asked, project: str) -> Tuple[Session, _Done]:
    target, stack, environment, provider, wish = asked
    file, name = split_target(target)
    one = Session(project, environment=environment, provider=provider)

    def declare() -> Pipeline:
        pipeline = chosen(load(file), name)
        # A guess that was wrong is repeated, and outside a program there is nothing to register.
        if pipeline.name == project and in_program():
            home = environment_of(one, environment, target)
            if home is not None:
                said = wish or one.wishes.get((pipeline.name, home.name), Wish())
                register_pipeline(home, pipeline, said, target=file)
        return pipeline

    with opened(one):
        pipeline, program = run_program(
            declare, project=project, stack=stack, answers=lambda: _answers(one)
        )
    return one, _Done(pipeline, program)


def _answers(one: Session) -> Mapping[str, Mapping[str, Any]]:
    found: Dict[str, Mapping[str, Any]] = {}
    for environment in one.environments:
        if one.wants(environment=environment.name, provider=environment.provider.kind):
            found.update(environment.provider.answers)
    return found


def chosen(loaded: Loaded, name: Optional[str]) -> Pipeline:
    """The pipeline of that name: the one that the file was about to run, if it has it."""
    executed = loaded.executed
    if executed is not None and name in (None, executed.name):
        return executed
    return loaded.choose(name)


def environment_of(one: Session, name: Optional[str], target: str) -> Optional[Environment]:
    """The environment that a session was for; ``None`` where the file made none.

    Raises :class:`~glacier.core.errors.UnknownName`, and
    :class:`~glacier.core.errors.CannotSynth` where it is not clear which.
    """
    found: List[Environment] = [
        each
        for each in one.environments
        if one.wants(environment=each.name, provider=each.provider.kind)
    ]
    names = sorted({each.name for each in one.environments})
    if name is not None and not found:
        raise UnknownName(kind="environment", name=name, known=names, where=target)
    if len(found) > 1:
        told = " and ".join(f"{each.name} ({each.place})" for each in found)
        reason = f"it has {len(found)} environments: {told}"
        mend = "Say which one: --env NAME; environments of one name need other names."
        raise CannotSynth(target=target, reason=reason, mend=mend)
    return found[0] if found else None


def _guess(file: str, kind: str) -> Optional[str]:
    """The name that a file gives to the first thing of a kind, as far as its text shows."""
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    found = re.search(rf"\b{kind}\(\s*(?:[^()]*?name\s*=\s*)?[\"']([\w.-]+)[\"']", text)
    return None if found is None else found[1]


def forget(before: Set[str], file: str) -> None:
    """Let the modules beside a file be imported anew, for what they declare.

    ``before`` are the names of modules that were imported before the file was first executed.
    """
    root = str(Path(file).resolve().parent) + os.sep
    for name in set(sys.modules) - before:
        path = str(getattr(sys.modules[name], "__file__", None) or "")
        if path.startswith(root) and "site-packages" not in path:
            del sys.modules[name]


def file_of(pipeline: Pipeline) -> Optional[str]:
    """The file whose top level declares a pipeline; ``None`` for one that a function made."""
    place, execution = pipeline.place, pipeline.place.execution
    if execution is None or execution.module != place.module:
        return None
    file = execution.code.co_filename
    return file if file.endswith(".py") and os.path.isfile(file) else None
