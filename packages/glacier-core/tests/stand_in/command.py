"""The command line ``pulumi``, as far as the Automation API uses it."""

from __future__ import annotations

import json
import os
import secrets
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Sequence, Tuple

from stand_in.backend import Backend, BackendError
from stand_in.order import ROOT, Order
from stand_in.sealing import Sealer, SealError, is_secret, opened

__all__ = ["main"]

_FAILED = 255
_VALUED = (
    "--client", "--color", "--cwd", "--event-log", "--exec-kind", "--page", "--page-size",
    "--secrets-provider", "--stack", "--target",
)  # fmt: skip

Options = Mapping[str, List[str]]


def main(arguments: Sequence[str]) -> int:
    """Do what a command line says; the exit code."""
    words, options = _parsed(arguments)
    if words == ["version"]:
        sys.stdout.write(f"v{version('pulumi')}\n")
        return 0
    try:
        backend = Backend(Path(options.get("--cwd", ["."])[-1]))
        if words[0] in ("up", "preview", "refresh", "destroy"):
            from stand_in.operations import operate  # gRPC, which the rest does without

            return operate(backend, _order(words[0], options))
        action = _ACTIONS.get(" ".join(words[:2])) or _ACTIONS[words[0]]
        action(backend, words, options)
    except (BackendError, SealError) as error:
        sys.stderr.write(f"error: {error}\n")
        return _FAILED
    except KeyboardInterrupt:
        sys.stderr.write("error: update canceled\n")
        return _FAILED
    except KeyError:
        sys.stderr.write(f"error: the stand-in does not know: pulumi {' '.join(arguments)}\n")
        return _FAILED
    return 0


def _parsed(arguments: Sequence[str]) -> Tuple[List[str], Dict[str, List[str]]]:
    words: List[str] = []
    options: Dict[str, List[str]] = {}
    rest = iter(arguments)
    for word in rest:
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            words.append(word)
        else:
            given = value if equals else next(rest) if name in _VALUED else ""
            options.setdefault(name, []).append(given)
    return words, options


def _order(operation: str, options: Options) -> Order:
    def last(name: str) -> Any:
        return options.get(name, [None])[-1]

    targets = options.get("--target", [])
    return Order(operation, last("--stack"), last("--client"), last("--event-log"), targets)


def _init(backend: Backend, words: List[str], options: Options) -> None:
    sealer = Sealer(secrets.token_hex(8))
    keys = {"type": "passphrase", "state": {"salt": sealer.salt}}
    state = {"version": 3, "secrets_providers": keys, "resources": [], "history": []}
    backend.init(words[2], state)


def _select(backend: Backend, words: List[str], options: Options) -> None:
    backend.load(options["--stack"][-1])


def _remove(backend: Backend, words: List[str], options: Options) -> None:
    if backend.load(words[2])["resources"]:
        raise BackendError(f"'{words[2]}' still has resources; removal rejected")
    backend.remove(words[2])


def _list(backend: Backend, words: List[str], options: Options) -> None:
    _print([{"name": name, "current": False} for name in backend.stacks()])


def _output(backend: Backend, words: List[str], options: Options) -> None:
    state = backend.load(options["--stack"][-1])
    rows: List[Dict[str, Any]] = _sealer(state).unseal(state["resources"])
    found: Dict[str, Any] = next((row["outputs"] for row in rows if row["type"] == ROOT), {})
    shows = "--show-secrets" in options
    _print(
        {
            name: "[secret]" if is_secret(value) and not shows else opened(value)
            for name, value in found.items()
        }
    )


def _history(backend: Backend, words: List[str], options: Options) -> None:
    history = backend.load(options["--stack"][-1])["history"]
    newest = [{**one, "version": number} for number, one in enumerate(history, 1)][::-1]
    _print(newest[: int(options.get("--page-size", ["1000"])[-1])])


def _export(backend: Backend, words: List[str], options: Options) -> None:
    state = backend.load(options["--stack"][-1])
    shows = "--show-secrets" in options
    rows = _sealer(state).unseal(state["resources"]) if shows else state["resources"]
    _print({"version": 3, "deployment": {"resources": rows}})


def _cancel(backend: Backend, words: List[str], options: Options) -> None:
    backend.cancel(options["--stack"][-1])


def _sealer(state: Mapping[str, Any]) -> Sealer:
    return Sealer(state["secrets_providers"]["state"]["salt"])


def _print(data: Any) -> None:
    sys.stdout.write(json.dumps(data) + os.linesep)


_ACTIONS: Mapping[str, Callable[[Backend, List[str], Options], None]] = {
    "cancel": _cancel,
    "stack export": _export,
    "stack history": _history,
    "stack init": _init,
    "stack ls": _list,
    "stack output": _output,
    "stack rm": _remove,
    "stack select": _select,
}
