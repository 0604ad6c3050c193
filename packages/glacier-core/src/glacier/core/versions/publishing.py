"""Publishing: a copy of a version at an address that stays, replaced at once.

A folder cannot be replaced at once, so the address becomes a link to one beside it::

    exports/orders -> .orders.v-20260131T120000.123456Z-9f3a1c
    exports/.orders.v-20260131T120000.123456Z-9f3a1c/part-00000.parquet
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Sequence

from glacier.core.contracts import Store
from glacier.core.errors import CannotPublish
from glacier.core.stores.failures import failing
from glacier.core.stores.files import copy_file, make_folder, sync
from glacier.core.stores.locks import hold
from glacier.core.versions.address import Address
from glacier.core.versions.fetching import fetch
from glacier.core.versions.pointer import read_pointer
from glacier.core.versions.record import Version

__all__ = ["publish"]


def publish(store: Store, version: Version, target: str) -> bool:
    """Copy a version to a file, or to a folder where ``target`` ends with ``/``.

    A reader of the address sees all of one version; of a folder, one who opened a file goes on
    with the version before, which is kept until the next but one. A version that is no longer the
    latest is not published, so a slow run does not bring back old data: returns whether it was.
    Raises :class:`~glacier.core.errors.CannotPublish` and the errors of stores.
    """
    as_folder = target.endswith(("/", os.sep))
    path = os.path.abspath(target)
    if not as_folder and len(version.parts) != 1:
        raise CannotPublish(
            what=str(version),
            target=target,
            reason=f"it has {len(version.parts)} files",
            mend=f"Publish it as a folder: {target + '/'!r}.",
        )
    sources = fetch(store, version)
    above, name = os.path.split(path)
    with failing(Path(path).as_uri(), doing="publishing there"):
        make_folder(above, durable=True)
        with hold(os.path.join(above, f".{name}.lock")):
            # Whoever commits a later version asks for the lock after that, so it comes last.
            if _is_superseded(store, version.address, version.version):
                return False
            _clean(above, name)
            if as_folder:
                _replace_folder(sources, version, above, name)
            else:
                _replace_file(sources[0], path, above, name)
            sync(above)
    return True


def _is_superseded(store: Store, address: Address, version: str) -> bool:
    latest = read_pointer(store, address.latest)
    return latest is not None and latest > version


def _clean(above: str, name: str) -> None:
    """Remove what publishers that were killed left; none is at work while the lock is held."""
    for left in os.listdir(above):
        if left.startswith(f".{name}.") and left.endswith(".part"):
            path = os.path.join(above, left)
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)


def _new(above: str, name: str) -> str:
    return os.path.join(above, f".{name}.{os.urandom(6).hex()}.part")


def _replace_file(source: str, path: str, above: str, name: str) -> None:
    new = _new(above, name)
    # A copy, not another name of the same file: what is done to it must not reach the store.
    copy_file(source, new, durable=True)
    try:
        os.replace(new, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(new)
        raise


def _replace_folder(sources: Sequence[str], version: Version, above: str, name: str) -> None:
    path, stem = os.path.join(above, name), f".{name}.v-"
    if os.path.lexists(path) and not os.path.islink(path):
        raise CannotPublish(
            what=str(version),
            target=path,
            reason="something is there that Glacier did not publish",
            mend="Move it away, or publish elsewhere.",
        )
    before = os.path.basename(os.readlink(path)) if os.path.islink(path) else ""
    folder = f"{stem}{version.version}"
    if before == folder and os.path.isdir(path):
        return
    if not os.path.isdir(os.path.join(above, folder)):
        _fill(sources, version, above, name)
    link = _new(above, name)
    os.symlink(folder, link, target_is_directory=True)
    os.replace(link, path)
    for old in os.listdir(above):
        if old.startswith(stem) and old not in (folder, before):
            shutil.rmtree(os.path.join(above, old))


def _fill(sources: Sequence[str], version: Version, above: str, name: str) -> None:
    """Make a folder with copies of the files; there is none before all are in it."""
    new = _new(above, name)
    os.mkdir(new)
    for number, source in enumerate(sources):
        _, dot, extension = version.parts[number].key.rpartition("-")[2].partition(".")
        copy_file(source, os.path.join(new, f"part-{number:05}{dot}{extension}"), durable=True)
    sync(new)
    os.rename(new, os.path.join(above, f".{name}.v-{version.version}"))
