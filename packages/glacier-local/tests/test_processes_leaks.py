"""Nothing is left: no process, descriptor, memory or file, however a run ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Dict, Set

import pytest

from glacier.core import Dataset, Pipeline
from glacier.local import LocalExecutor

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

raw, clean, total = Dataset("raw"), Dataset("clean"), Dataset("total")
MIB = 1 << 20


def state() -> Dict[str, Any]:
    """All that a run could leave behind, as the kernel sees it."""
    return {
        "processes": children(os.getpid()),
        "descriptors": sorted(os.listdir("/proc/self/fd"), key=int),
        "mapped": [
            line for line in Path("/proc/self/maps").read_text().splitlines() if "memfd" in line
        ],
        "memory": sorted(os.listdir("/dev/shm")),
        "threads": [t.name for t in threading.enumerate() if t.name.startswith("glacier")],
    }


def children(pid: int) -> Set[int]:
    found: Set[int] = set()
    for thread in os.listdir(f"/proc/{pid}/task"):
        text = Path(f"/proc/{pid}/task/{thread}/children").read_text()
        found.update(map(int, text.split()))
    return found


def well(item: int) -> object:
    return bytearray(MIB)


def raises(item: int) -> object:
    if item == 3:
        raise ValueError([bytearray(MIB)])
    return bytearray(MIB)


def killed(item: int) -> object:
    if item == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return bytearray(MIB)


def interrupts(item: int) -> object:
    if item == 3:
        raise KeyboardInterrupt
    return bytearray(MIB)


def unpicklable(item: int) -> object:
    return [bytearray(MIB), threading.Lock()] if item == 3 else bytearray(MIB)


def leaves_a_thread(item: int) -> object:
    if item == 3:
        threading.Thread(target=threading.Event().wait).start()
    return bytearray(MIB)


@pytest.mark.parametrize("fail_fast", [False, True])
@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("end", [well, raises, killed, interrupts, unpicklable, leaves_a_thread])
def test_nothing_is_left_of_a_run(end: Any, workers: int, fail_fast: bool) -> None:
    pipeline = Pipeline("leaks")

    @pipeline.task
    def work(item: raw.each) -> clean:
        return end(item)

    @pipeline.task
    def measure(items: clean) -> total:
        return len(items), bytearray(MIB)

    before = state()
    executor = LocalExecutor(workers=workers, processes=True, fail_fast=fail_fast)
    run: Any = None
    try:
        run = executor.execute(pipeline, inputs={raw: range(6)}, raise_on_failure=False)
    except KeyboardInterrupt:
        assert end is interrupts
    else:
        assert run.state == ("succeeded" if end in (well, leaves_a_thread) else "failed")
        assert state()["processes"] == before["processes"]
        assert not state()["threads"]
        dict(run.values)
    del run
    assert state() == before


HEAD = """
import os, signal, sys, threading, time
from glacier.core import Context, Dataset, Pipeline, TaskFinished, TaskStarted
from glacier.local import LocalExecutor

pipeline = Pipeline("p")
a, b, c = Dataset("a"), Dataset("b"), Dataset("c")

def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())

def busy():
    while True:
        sum(range(1000))
"""

KILLED = (
    HEAD
    + """
@pipeline.task
def first() -> a:
    memory = bytearray(8 << 20)
    return memory

@pipeline.task
def left(value: a, context: Context) -> b:
    say(os.getpid())
    busy()

@pipeline.task
def right(value: a) -> c:
    say(os.getpid())
    threading.Event().wait()

LocalExecutor(workers=3, processes=True).execute(pipeline)
"""
)


def start(script: str, *, group: bool = False) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=group,
    )


def wait_until(gone: Any) -> None:
    """Wait for something that the kernel does, and fail if it does not."""
    end = time.monotonic() + 20
    while not gone():
        assert time.monotonic() < end
        os.sched_yield()


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_workers_end_when_their_parent_is_killed() -> None:
    memory = os.listdir("/dev/shm")
    with start(KILLED) as parent:
        assert parent.stdout is not None
        workers = [int(parent.stdout.readline()) for _ in range(2)]
        assert set(workers) <= children(parent.pid)
        parent.kill()
        for worker in workers:
            wait_until(lambda pid=worker: is_gone(pid))
    assert os.listdir("/dev/shm") == memory


INTERRUPTED = (
    HEAD
    + """
started = threading.Event()

@pipeline.task
def first() -> a:
    say("running", os.getpid())
    time.sleep(0.5)
    say("first ended")

@pipeline.task
def second() -> b:
    say("running", os.getpid())
    time.sleep(0.5)
    say("second ended")

@pipeline.task
def last(x: a, y: b) -> c: ...

def listen(event):
    if isinstance(event, TaskFinished):
        say(event.step.task, event.state)

try:
    LocalExecutor(workers=2, processes=True).execute(pipeline, listeners=[listen])
except KeyboardInterrupt:
    say("interrupted", threading.active_count())
"""
)


def test_ctrl_c_lets_running_tasks_end() -> None:
    with start(INTERRUPTED, group=True) as parent:
        assert parent.stdout is not None
        workers = [int(parent.stdout.readline().split()[1]) for _ in range(2)]
        os.killpg(parent.pid, signal.SIGINT)  # as a terminal does: to all of them
        out, err = parent.communicate(timeout=30)
    lines = out.splitlines()
    assert sorted(line for line in lines if "ended" in line) == ["first ended", "second ended"]
    assert {"first succeeded", "second succeeded", "last cancelled"} < set(lines)
    assert lines[-1] == "interrupted 1"
    assert not err
    assert all(map(is_gone, workers))


ALONE = (
    HEAD
    + """
@pipeline.task
def alone() -> a:
    try:
        say(os.getpid())
        busy()
    finally:
        say("cleaned up")

def listen(event):
    if isinstance(event, TaskFinished):
        say(event.step.task, event.state)

try:
    LocalExecutor(processes=True).execute(pipeline, listeners=[listen])
except KeyboardInterrupt:
    say("interrupted", threading.active_count())
"""
)


def test_ctrl_c_ends_a_task_that_is_alone_as_it_does_without_processes() -> None:
    with start(ALONE, group=True) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        os.killpg(parent.pid, signal.SIGINT)
        out, err = parent.communicate(timeout=30)
    assert out.splitlines() == ["cleaned up", "alone cancelled", "interrupted 1"]
    assert not err
    assert is_gone(worker)


def test_a_second_ctrl_c_waits_for_nobody() -> None:
    script = INTERRUPTED.replace("time.sleep(0.5)", "busy()")
    with start(script, group=True) as parent:
        assert parent.stdout is not None
        workers = [int(parent.stdout.readline().split()[1]) for _ in range(2)]
        os.killpg(parent.pid, signal.SIGINT)
        assert parent.stdout.readline() == "last cancelled\n"
        os.killpg(parent.pid, signal.SIGINT)
        out, err = parent.communicate(timeout=30)
    assert out.splitlines()[-1] == "interrupted 1", err
    assert all(map(is_gone, workers))


STUBBORN = INTERRUPTED.replace(
    "time.sleep(0.5)", "signal.signal(signal.SIGTERM, signal.SIG_IGN); say('set'); busy()"
)


def test_a_task_that_ignores_the_request_to_end_is_ended() -> None:
    with start(STUBBORN, group=True) as parent:
        assert parent.stdout is not None
        lines = [parent.stdout.readline() for _ in range(4)]
        workers = [int(line.split()[1]) for line in lines if line.startswith("running")]
        os.killpg(parent.pid, signal.SIGINT)
        assert parent.stdout.readline() == "last cancelled\n"
        os.killpg(parent.pid, signal.SIGINT)
        out, err = parent.communicate(timeout=30)
    assert out.splitlines()[-1] == "interrupted 1", err
    assert all(map(is_gone, workers))


def test_the_scratch_folder_is_removed_with_the_process(tmp_path: Path) -> None:
    script = HEAD + (
        "@pipeline.task\n"
        "def write(item: a.each, context: Context) -> b:\n"
        "    path = context.new_path()\n"
        "    path.write_text('scratch')\n"
        "    if item == 2: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return path\n"
        "LocalExecutor(workers=2, processes=True).execute(\n"
        "    pipeline, inputs={a: range(5)}, raise_on_failure=False)\n"
        "print(len(os.listdir(os.environ['TMPDIR'])))\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "1\n", done.stderr
    assert os.listdir(tmp_path) == []
