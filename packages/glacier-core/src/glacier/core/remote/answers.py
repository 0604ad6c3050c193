"""From a payload to an answer: the one way into a deployed pipeline, whatever its cloud."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional

from glacier.core.attempts import is_retryable
from glacier.core.context import drop_scratch
from glacier.core.contracts import State, TaskResult
from glacier.core.remote.failures import Failed, Failure, GlacierRetry, GlacierTaskFailed
from glacier.core.remote.logs import hide, line, telling
from glacier.core.remote.payloads import Asked, asked_of
from glacier.core.remote.program import Program
from glacier.core.remote.records import begin_failed_key, failed_key
from glacier.core.secret_values import Reader, take_secrets_from
from glacier.core.step import Policy

__all__ = ["Surroundings", "answer"]


class Surroundings(NamedTuple):
    """What a provider gives to a call.

    ``secret`` reads a secret by its name, ``write`` takes lines for the log, ``log`` says where
    that log is, for records of failures. ``left`` is how many seconds there are before the process
    is ended, if that is known.
    """

    secret: Reader
    write: Callable[[str], object]
    log: Mapping[str, str] = {}
    left: Optional[float] = None


def answer(program: Program, event: object, around: Surroundings) -> Dict[str, Any]:
    """Do what a payload asks; what the state machine is told.

    Raises :class:`~glacier.core.remote.failures.GlacierRetry` for a failure after which the task
    may be tried again, and :class:`~glacier.core.remote.failures.GlacierTaskFailed` for any other;
    the record of it is in the workspace then.
    """
    asked = asked_of(event)
    facts = _facts(program, asked)
    with telling(around.write, facts), take_secrets_from(around.secret):
        try:
            found = _answered(program, asked, around)
        except Exception as error:
            raise _failed(program, asked, error, around, facts) from None
        finally:
            program.places.close()
            drop_scratch(asked.run)
        around.write(line("INFO", "glacier", _told(asked, found), facts) + "\n")
        return found


def _answered(program: Program, asked: Asked, around: Surroundings) -> Dict[str, Any]:
    if asked.step == "finish":
        from glacier.core.remote.finish import finish

        return finish(program, asked)
    if asked.step == "begin":
        from glacier.core.remote.begin import begin

        return begin(program, asked)
    from glacier.core.remote.visits import Visit

    visit = Visit(program, asked, left=around.left)
    try:
        return _worked(visit, asked)
    except Failed as failed:
        failed.versions = visit.versions
        raise
    except Exception as error:
        failure = Failed(TaskResult(State.FAILED, (), None, 0.0, error))
        failure.versions = visit.versions
        raise failure from error


def _worked(visit: Any, asked: Asked) -> Dict[str, Any]:
    if asked.step == "task":
        from glacier.core.remote.calls import run_task

        return run_task(visit)
    from glacier.core.remote.items import collect, expand, run_item

    work = {"expand": expand, "item": run_item, "collect": collect}
    return work[asked.step](visit)


def _facts(program: Program, asked: Asked) -> Dict[str, Any]:
    """What every line of the log says."""
    facts: Dict[str, Any] = {"pipeline": program.deployed.pipeline, "run": asked.run}
    if asked.task:
        facts.update(task=asked.task, attempt=asked.attempt)
    if asked.item is not None:
        facts["item"] = asked.item
    return facts


def _told(asked: Asked, found: Mapping[str, Any]) -> str:
    return f"{asked.step} {found.get('state', 'succeeded')}"


# --- failures -------------------------------------------------------------------------------------


def _failed(
    program: Program,
    asked: Asked,
    error: Exception,
    around: Surroundings,
    facts: Mapping[str, Any],
) -> GlacierTaskFailed:
    """Note why a call failed; the error for the state machine."""
    from glacier.core.remote.failures import failure_of

    result = error.result if isinstance(error, Failed) else None
    cause: BaseException = error if result is None or result.error is None else result.error
    policy = _policy(program, asked)
    again = policy is not None and policy.retries > 0 and is_retryable(policy, cause)
    failure = failure_of(
        cause,
        task=asked.task or asked.step,
        attempt=asked.attempt,
        item=asked.item,
        retryable=again,
        started=None if result is None else result.started,
        duration=0.0 if result is None else result.duration,
        versions=error.versions if isinstance(error, Failed) else None,
        log=around.log,
        hide=hide,
    )
    around.write(line("ERROR", "glacier", failure.trace, facts) + "\n")
    kind = GlacierRetry if again else GlacierTaskFailed
    text = f"{failure.kind.replace('builtins.', '', 1)}: {failure.text}"
    return kind(task=failure.task, text=text, where=_noted(program, asked, failure))


def _policy(program: Program, asked: Asked) -> Optional[Policy]:
    """The policy of the task; ``None`` where even that cannot be known."""
    if not asked.task:
        return None
    try:
        return program.step(asked.task).policy
    except Exception:  # which is then what is told
        return None


def _noted(program: Program, asked: Asked, failure: Failure) -> str:
    """Put the record of a failure into the workspace; where it is."""
    store = program.places.workspace()
    key = begin_failed_key(asked.run)
    if asked.task:
        key = failed_key(asked.run, asked.task, asked.attempt, asked.item)
    with suppress(Exception):  # what cannot be noted must not hide what has happened
        store.put(key, failure.to_bytes())
    return store.uri(key)
