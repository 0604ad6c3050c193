"""Publishing: a copy at an address that stays, replaced at once and never by older data."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import List, Sequence

import pytest
from version_stores import RAW, run_id, write

from glacier.core.errors import CannotPublish, StoreDenied, StoreError, VersionDamaged
from glacier.core.stores import DirectoryStore
from glacier.core.versions import publish, publishing

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need a right on Windows")


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "data", durable=False)


def read(folder: Path) -> List[str]:
    return [path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())]


def test_a_file_is_replaced_by_each_version(store: DirectoryStore, tmp_path: Path) -> None:
    target = tmp_path / "exports" / "gold.txt"
    for number in (1, 2):
        assert publish(store, write(store, number), str(target))
        assert target.read_text(encoding="utf-8") == f"raw {number}"
    assert sorted(os.listdir(target.parent)) == [".gold.txt.lock", "gold.txt"]


def test_what_is_done_to_the_copy_does_not_reach_the_store(
    store: DirectoryStore, tmp_path: Path
) -> None:
    made = write(store, 1)
    publish(store, made, str(tmp_path / "gold.txt"))
    (tmp_path / "gold.txt").write_text("mine")

    publish(store, made, str(tmp_path / "gold.txt"))
    assert (tmp_path / "gold.txt").read_text() == "raw 1"


def test_a_version_that_is_not_the_latest_is_not_published(
    store: DirectoryStore, tmp_path: Path
) -> None:
    old, new = write(store, 1), write(store, 2)
    for target in (str(tmp_path / "gold.txt"), str(tmp_path / "gold") + "/"):
        assert publish(store, new, target)
        assert not publish(store, old, target)
    assert (tmp_path / "gold.txt").read_text() == "raw 2"
    assert read(tmp_path / "gold") == ["raw 2"]


def test_a_folder_is_replaced_at_once_and_its_readers_go_on(
    store: DirectoryStore, tmp_path: Path
) -> None:
    target = tmp_path / "exports" / "gold"
    publish(store, write(store, 1, RAW, "a", "b"), f"{target}/")
    assert sorted(os.listdir(target)) == ["part-00000.txt", "part-00001.txt"]
    reading = os.path.realpath(target)

    publish(store, write(store, 2, RAW, "c"), f"{target}/")
    assert read(target) == ["c"]
    assert read(Path(reading)) == ["a", "b"]

    latest = write(store, 3, RAW, "d", "e")
    for _ in range(2):
        publish(store, latest, f"{target}/")
        assert read(target) == ["d", "e"]
    assert not os.path.exists(reading)
    assert len(os.listdir(target.parent)) == 4  # the lock, the link, this version, the one before


def test_what_a_killed_publisher_left_goes(store: DirectoryStore, tmp_path: Path) -> None:
    (tmp_path / ".gold.0123456789ab.part").mkdir()
    (tmp_path / ".gold.ba9876543210.part").write_bytes(b"half")
    publish(store, write(store, 1), f"{tmp_path / 'gold'}/")

    assert not [name for name in os.listdir(tmp_path) if name.endswith(".part")]


def test_several_files_need_a_folder(store: DirectoryStore, tmp_path: Path) -> None:
    with pytest.raises(CannotPublish, match=r"gold: it has 2 files\. Publish it as a folder: "):
        publish(store, write(store, 1, RAW, "a", "b"), str(tmp_path / "gold"))


def test_what_others_put_there_is_not_replaced(store: DirectoryStore, tmp_path: Path) -> None:
    (tmp_path / "gold").mkdir()
    made = write(store, 1)

    with pytest.raises(CannotPublish, match="something is there that Glacier did not publish"):
        publish(store, made, f"{tmp_path / 'gold'}/")
    with pytest.raises(StoreError, match="a folder where a file should"):
        publish(store, made, str(tmp_path / "gold"))
    assert os.listdir(tmp_path / "gold") == []


def test_a_damaged_version_is_not_published(store: DirectoryStore, tmp_path: Path) -> None:
    made = write(store, 1)
    file = Path(store.local(f"etl/raw/_/{made.parts[0].key}"))
    file.chmod(0o644)
    file.write_bytes(b"raw X")
    with pytest.raises(VersionDamaged, match=f"version {run_id(1)} of etl/raw is damaged"):
        publish(store, made, str(tmp_path / "gold"))
    assert not (tmp_path / "gold").exists()


@pytest.mark.parametrize("target", ["gold", "gold/"])
def test_a_failure_leaves_what_was_published(
    store: DirectoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    publish(store, write(store, 1), str(tmp_path) + "/" + target)

    def replace(source: str, path: str) -> None:
        raise PermissionError(13, "Permission denied", source, None, path)

    made = write(store, 2)
    with monkeypatch.context() as patch:
        patch.setattr(publishing.os, "replace", replace)
        # The store moves files in by links, which work.
        with pytest.raises(StoreDenied, match="gold: publishing there is not allowed"):
            publish(store, made, str(tmp_path) + "/" + target)
    published: Sequence[str] = (
        read(tmp_path / "gold") if target.endswith("/") else [(tmp_path / "gold").read_text()]
    )
    assert published == ["raw 1"]
    assert publish(store, made, str(tmp_path) + "/" + target)
