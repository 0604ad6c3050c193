"""Guard: ``glacier`` must be a PEP 420 namespace, never a regular package."""

import sys


def check() -> None:
    """Refuse to go on where another distribution owns the name ``glacier``.

    The unrelated PyPI project ``glacier`` installs ``glacier/__init__.py``, which turns the
    namespace into a regular package and hides every portion of it. Its ``__init__`` imports
    ``glacier.core``, and this package wins over its module of that name, so this guard runs
    whichever Glacier package is imported first. Metadata cannot declare such a conflict.

    Raises:
        ImportError: naming the file in the way and the command that removes it.
    """
    name = __name__.partition(".")[0]
    owner = getattr(sys.modules.get(name), "__file__", None)
    if owner is None:  # a namespace package has no file
        return
    raise ImportError(
        f"'{name}' must be a namespace package, but {owner} makes it a regular one. "
        f"The PyPI project '{name}' is unrelated to 'glacier-pipeline' and cannot share an "
        f"environment with it. To mend it, run: python -m pip uninstall {name}",
        name=name,
        path=owner,
    )
