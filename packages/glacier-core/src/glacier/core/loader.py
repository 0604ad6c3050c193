"""Loading a user's file: what it declares above its first ``execute`` is the pipeline.

::

    pipeline = Pipeline("etl")          # declared: part of what is loaded
    …
    LocalExecutor().execute(pipeline)   # the loading ends here; nothing runs
    print(run["clean"])                 # never reached

``loading`` tells how; this module finds the file, runs it, and gathers its pipelines.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Dict, Generator, List, Mapping, NamedTuple, Optional, Tuple

from glacier.core.errors import FileRaised, GlacierError, LoadError, UnknownName, nearest
from glacier.core.frames import traceback_of
from glacier.core.loading import Loading, LoadingEnded, loading
from glacier.core.pipeline import Pipeline
from glacier.core.registry import how_to_get

__all__ = ["Loaded", "load", "split_target"]


class Loaded(NamedTuple):
    """A loaded file or module, and its pipelines by the names of their variables.

    ``executed`` is the pipeline that the file was about to run when its loading ended; it comes by
    its own name where no variable holds it.
    """

    target: str
    module: ModuleType
    pipelines: Mapping[str, Pipeline]
    executed: Optional[Pipeline]

    def unique(self) -> Tuple[Pipeline, ...]:
        """Every pipeline once, in the order in which the file declares them."""
        return tuple({id(pipeline): pipeline for pipeline in self.pipelines.values()}.values())

    def choose(self, name: Optional[str] = None) -> Pipeline:
        """The pipeline of that name, of a variable or its own; without a name the one that the
        file executes, or the only one.

        Raises :class:`~glacier.core.errors.UnknownName`, naming the nearest, and
        :class:`~glacier.core.errors.LoadError` where there is none or a choice to make.
        """
        found = self.unique()
        if not found:
            raise LoadError(
                target=self.target,
                reason="it has no pipeline at its top level",
                mend="Declare one there: pipeline = Pipeline(name='…').",
            )
        if name is not None:
            return self._named(name, found)
        if self.executed is not None:
            return self.executed
        if len(found) > 1:
            names = ", ".join(f"{self.target}:{key}" for key in self.pipelines)
            raise LoadError(
                target=self.target,
                reason=f"it has {len(found)} pipelines",
                mend=f"Say which one: {names}.",
            )
        return next(iter(found))

    def _named(self, name: str, found: Tuple[Pipeline, ...]) -> Pipeline:
        if name in self.pipelines:
            return self.pipelines[name]
        matches = [pipeline for pipeline in found if pipeline.name == name]
        if len(matches) > 1:
            names = ", ".join(k for k, v in self.pipelines.items() if v.name == name)
            raise LoadError(
                target=self.target,
                reason=f"{len(matches)} pipelines are named {name!r}",
                mend=f"Name the variable: {names}.",
            )
        if not matches:
            known = {*self.pipelines, *[pipeline.name for pipeline in found]}
            raise UnknownName(kind="pipeline", name=name, known=known, where=self.target)
        return matches[0]


def split_target(text: str) -> Tuple[str, Optional[str]]:
    """``FILE:PIPELINE`` as its two parts; the second is ``None`` where only a file is named."""
    head, colon, tail = text.rpartition(":")
    is_drive = len(head) == 1 and tail.startswith(("\\", "/"))
    if not colon or is_drive or not head or Path(text).exists():
        return text, None
    return head, tail


def load(target: str) -> Loaded:
    """Load a file by its path, or a module by its dotted name, up to its first ``execute``.

    The file's folder (of a file in a package, the folder of the outermost package; for a module,
    the working directory) goes to the front of ``sys.path``, and stays there for imports inside
    tasks. Its ``if __name__ == "__main__":`` is false. Definition errors pass as they are; raises
    :class:`~glacier.core.errors.LoadError`, or :class:`~glacier.core.errors.FileRaised` for
    anything else that the file raises.
    """
    path = Path(target)
    if path.is_dir():
        raise _is_folder(target, path)
    if path.is_file():
        name, root = _module_name(path)
        return _run(target, name, root, path)
    if path.suffix == ".py" or "/" in target or "\\" in target or not _is_dotted(target):
        raise _not_found(target, path)
    return _run(target, target, Path.cwd(), None)


def _run(target: str, name: str, root: Path, path: Optional[Path]) -> Loaded:
    folder = str(root)
    if sys.path[:1] != [folder]:
        sys.path.insert(0, folder)
    with _arguments([str(path or target)]), loading() as state, _guard(target, state):
        if path is None or "." in name:
            _import(target, name)
        else:
            _execute(name, path)
    module = sys.modules.get(name) or ModuleType(name)
    return Loaded(target, module, _pipelines(module, state.executed), state.executed)


@contextmanager
def _guard(target: str, state: Loading) -> Generator[None, None, None]:
    """Take in how the loading ends."""
    try:
        yield
    except LoadingEnded:
        pass
    except GlacierError:
        if state.executed is None:
            raise
    except (Exception, SystemExit) as error:
        if state.executed is None:  # a file that swallowed its end never ran as far as this
            mend = how_to_get(error)
            raise FileRaised(target=target, trace=traceback_of(error), mend=mend) from error


def _execute(name: str, path: Path) -> None:
    """Run a file as a module that stays importable, also after an early end."""
    from importlib.machinery import SourceFileLoader
    from importlib.util import decode_source, spec_from_loader

    file = str(path.resolve())
    code = compile(decode_source(path.read_bytes()), file, "exec", dont_inherit=True)
    module = ModuleType(name)
    module.__file__ = file
    module.__spec__ = spec_from_loader(name, SourceFileLoader(name, file))
    sys.modules[name] = module
    exec(code, module.__dict__)


def _import(target: str, name: str) -> None:
    """Import a module by name; one that ends early is put back, for the import takes it away."""
    from importlib import import_module
    from importlib.util import find_spec, module_from_spec

    sys.modules.pop(name, None)
    parent = name.rpartition(".")[0]
    try:
        if parent:
            import_module(parent)
        spec = find_spec(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        spec = None
    if spec is None or spec.loader is None:
        raise _no_module(target)
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


@contextmanager
def _arguments(arguments: List[str]) -> Generator[None, None, None]:
    """Hide Glacier's own command line from a file that reads ``sys.argv``."""
    before, sys.argv = sys.argv, arguments
    try:
        yield
    finally:
        sys.argv = before


def _module_name(path: Path) -> Tuple[str, Path]:
    """The name that a file is loaded under, and the folder that its imports start from."""
    file = path.resolve()
    parts, folder = [file.stem], file.parent
    while (folder / "__init__.py").is_file() and folder.name.isidentifier():
        parts.insert(0, folder.name)
        folder = folder.parent
    if len(parts) > 1:
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts), folder
    name = file.stem
    known = sys.modules.get(name)
    if name.isidentifier() and (known is None or getattr(known, "__file__", None) == str(file)):
        return name, folder
    return "glacier_file_" + "".join(c if c.isalnum() else "_" for c in name), folder


def _pipelines(module: ModuleType, executed: Optional[Pipeline]) -> Dict[str, Pipeline]:
    found = {key: value for key, value in vars(module).items() if isinstance(value, Pipeline)}
    if executed is not None and not any(value is executed for value in found.values()):
        found[executed.name] = executed
    return found


def _is_dotted(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))


def _is_folder(target: str, path: Path) -> LoadError:
    files = sorted(file.name for file in path.glob("*.py") if file.name != "__init__.py")
    mend = f"Name a file in it: {', '.join(files[:8])}." if files else "It has no Python file."
    return LoadError(target=target, reason="it is a folder", mend=mend)


def _not_found(target: str, path: Path) -> LoadError:
    folder = path.parent
    if not folder.is_dir():
        mend = f"There is no folder {str(folder)!r} here."
    else:
        files = [file.name for file in folder.glob("*.py")]
        guess = nearest(path.name, files) or nearest(f"{path.name}.py", files)
        mend = f"Did you mean {str(folder / guess)!r}?" if guess else ""
    return LoadError(target=target, reason="there is no such file", mend=mend)


def _no_module(target: str) -> LoadError:
    files = [file.name for file in Path().glob("*.py")]
    guess = nearest(f"{target}.py", files)
    mend = f"Did you mean the file {guess!r}?" if guess else "A file is named with its '.py'."
    return LoadError(target=target, reason="there is no such file and no such module", mend=mend)
