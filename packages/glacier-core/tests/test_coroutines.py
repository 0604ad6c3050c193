"""Coroutines run from synchronous code, with and without a loop around it."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import List

import pytest

from glacier.core.coroutines import LoopThread, run_coroutine


async def answer() -> int:
    await asyncio.sleep(0)
    return 42


async def fail() -> int:
    raise ValueError("inside")


def test_a_coroutine_runs_where_there_is_no_loop() -> None:
    assert run_coroutine(answer()) == 42


def test_a_coroutine_runs_inside_a_running_loop() -> None:
    async def cell() -> int:
        return run_coroutine(answer())

    before = threading.active_count()
    assert asyncio.run(cell()) == 42
    assert threading.active_count() == before


@pytest.mark.parametrize("inside", [False, True])
def test_what_it_raises_comes_out(inside: bool) -> None:
    async def cell() -> int:
        return run_coroutine(fail())

    with pytest.raises(ValueError, match="inside"):
        asyncio.run(cell()) if inside else run_coroutine(fail())


def test_one_loop_serves_many_coroutines_at_once() -> None:
    loops: List[object] = []
    thread = LoopThread()

    async def note() -> int:
        loops.append(asyncio.get_running_loop())
        return await answer()

    try:
        futures = [thread.submit(note) for _ in range(5)]
        assert [future.result(timeout=30) for future in futures] == [42] * 5
    finally:
        thread.close()
    assert len(set(map(id, loops))) == 1
    thread.close()  # once more does no harm


def test_an_unused_loop_starts_no_thread() -> None:
    before = threading.active_count()
    thread = LoopThread()
    assert threading.active_count() == before
    thread.close()


def test_where_no_thread_starts_no_coroutine_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise RuntimeError("can't start new thread")

    async def note() -> None: ...

    monkeypatch.setattr(threading.Thread, "start", refuse)
    thread = LoopThread()
    with pytest.raises(RuntimeError, match="can't start new thread"):
        thread.submit(note)
    gc.collect()  # which would tell of one that nobody has awaited
    thread.close()
