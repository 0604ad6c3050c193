"""Stand-ins for pulumi and its SDKs, so that a file that uses them loads where they are not.

A worker in a cloud has no Pulumi (it is large, and no task needs it), but runs the file that
declares the pipeline and, beside it, raw resources. There every class of ``pulumi`` and of
``pulumi_*`` can be made and only remembers its type and its name.
"""

from __future__ import annotations

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any, NoReturn, Optional, Sequence, Tuple

from glacier.core.errors import PlaceholderUsed

__all__ = ["Placeholder", "install_placeholders", "is_installed", "placeholder_facts"]


def install_placeholders() -> None:
    """Let ``pulumi`` and ``pulumi_*`` be imported in this process where they are not installed.

    What is installed is imported as ever.
    """
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())  # the last: it is asked for what nobody else finds


def placeholder_facts(value: object) -> Optional[Tuple[str, str]]:
    """The type and the name that a resource was made with; ``None`` for anything else."""
    if not isinstance(value, Placeholder):
        return None
    path = object.__getattribute__(value, "_path")
    arguments, options = object.__getattribute__(value, "_call")
    name = options.get("resource_name", arguments[0] if arguments else None)
    return (_token(path), name) if isinstance(name, str) else None


def _token(path: str) -> str:
    """``pulumi_aws.s3.Bucket`` as Pulumi names its type: ``aws:s3/bucket:Bucket``."""
    package, _, rest = path.partition(".")
    module, _, kind = rest.rpartition(".")
    if package.startswith("pulumi_azure_native"):
        version = package[len("pulumi_azure_native") :]
        return f"azure-native{version}:{module.replace('.', '/')}:{kind}"
    package = package.replace("pulumi_", "", 1).replace("_", "-")
    return f"{package}:{module.strip('_')}/{kind[:1].lower()}{kind[1:]}:{kind}"


class Placeholder:
    """An object of a module that is not installed: anything may be asked of it, nothing is real."""

    def __init__(
        self, path: str, arguments: Tuple[Any, ...] = (), options: Optional[Any] = None
    ) -> None:
        object.__setattr__(self, "_path", path)
        object.__setattr__(self, "_call", (arguments, dict(options or {})))

    def __getattr__(self, name: str) -> Placeholder:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Placeholder(f"{self._path}.{name}")

    def __call__(self, *arguments: Any, **options: Any) -> Placeholder:
        return Placeholder(str(object.__getattribute__(self, "_path")), arguments, options)

    def __getitem__(self, key: object) -> Placeholder:
        return Placeholder(f"{self._path}[{key!r}]")

    def __mro_entries__(self, bases: Tuple[Any, ...]) -> Tuple[type, ...]:
        return (PlaceholderBase,)

    def __repr__(self) -> str:
        return f"<placeholder for {self._path}>"

    def _refuse(self, *_: object) -> NoReturn:
        package = str(self._path).partition(".")[0]
        raise PlaceholderUsed(name=str(self._path), package=package)

    __bool__ = __bytes__ = __float__ = __index__ = __int__ = __iter__ = __len__ = _refuse
    __add__ = __radd__ = __contains__ = __format__ = __str__ = __fspath__ = _refuse


class PlaceholderBase:
    """What a class that a file derives from one that is not installed derives from."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Take whatever the real one takes."""

    def __getattr__(self, name: str) -> Placeholder:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Placeholder(f"pulumi.{type(self).__name__}.{name}")


class PlaceholderModule(ModuleType):
    """A module of an SDK that is not installed."""

    def __getattr__(self, name: str) -> Placeholder:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Placeholder(f"{self.__name__}.{name}")


class _Finder(MetaPathFinder):
    """Finds modules below ``pulumi`` and ``pulumi_*`` where nothing else does."""

    def find_spec(
        self, fullname: str, path: Optional[Sequence[str]], target: Optional[ModuleType] = None
    ) -> Optional[ModuleSpec]:
        package, _, rest = fullname.partition(".")
        if package != "pulumi" and not package.startswith("pulumi_"):
            return None
        if rest and not isinstance(sys.modules.get(package), PlaceholderModule):
            return None  # a module that a real package does not have
        return ModuleSpec(fullname, _Loader(), is_package=True)


class _Loader(Loader):
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return PlaceholderModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing in it."""


def is_installed(package: str) -> bool:
    """Whether a package itself, and no stand-in for it, can be imported here."""
    known = sys.modules.get(package)
    if known is not None:
        return not isinstance(known, PlaceholderModule)
    spec = find_spec(package)
    return spec is not None and not isinstance(spec.loader, _Loader)
