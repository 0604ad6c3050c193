"""Functions of their own on this machine: the Python function that a cloud would call."""

from __future__ import annotations

import os
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Generator, Mapping, Optional

from glacier.core.protocols import GlacierError

if TYPE_CHECKING:
    from glacier.core.protocols import ServerlessSpec

__all__ = ["LocalFunction", "NoHandler"]


class NoHandler(GlacierError, LookupError):
    """A function whose code does not have what its ``handler=`` names."""

    def __init__(self, *, name: str, handler: str, code: str, reason: str) -> None:
        super().__init__(
            f"serverless {name!r}: there is no {handler!r} in {code}: {reason}. Give "
            "handler='module.function', and as code= the folder or file of that module."
        )


class LocalFunction:
    """Calls ``handler`` of a function with the arguments given, and ``env`` in ``os.environ``.

    The module is executed anew for each call. Raises :class:`NoHandler` where it has no such
    function.
    """

    def __init__(self, spec: ServerlessSpec) -> None:
        self.spec = spec

    def __call__(self, *arguments: Any) -> Any:
        with _variables(self.spec.env):
            return self._handler()(*arguments)

    def _handler(self) -> Callable[..., Any]:
        name, code = self.spec.handler, self.spec.code
        module, _, function = name.rpartition(".")
        if code is None:
            raise self._missing("the code is still to come (code=...)")
        path = Path(code)
        file = path if path.is_file() else path.joinpath(*module.split(".")).with_suffix(".py")
        if not file.is_file() or file.stem != module.rpartition(".")[2]:
            raise self._missing(f"there is no file {module.replace('.', '/')}.py")
        spec = spec_from_file_location(f"glacier_function_{file.stem}", file)
        if spec is None or spec.loader is None:
            raise self._missing(f"{file} is no module")
        loaded = module_from_spec(spec)
        spec.loader.exec_module(loaded)
        found: Optional[Callable[..., Any]] = getattr(loaded, function, None)
        if not callable(found):
            raise self._missing(f"{file.name} has no function {function!r}")
        return found

    def _missing(self, reason: str) -> NoHandler:
        name, code = self.spec.name, str(self.spec.code)
        return NoHandler(name=name, handler=self.spec.handler, code=code, reason=reason)

    def __repr__(self) -> str:
        return f"LocalFunction({self.spec.handler!r})"


@contextmanager
def _variables(env: Mapping[str, str]) -> Generator[None, None, None]:
    before = {name: os.environ.get(name) for name in env}
    os.environ.update(env)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
