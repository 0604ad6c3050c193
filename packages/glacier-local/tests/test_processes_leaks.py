"""Nothing is left: no process, descriptor, memory or file, however a run ends.

Each test looks at its own processes alone, for others may be at work on the machine. Memory that
has a name could outlive them all, so what they have open and mapped must have none; the rest the
kernel frees with the last of them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Dict, List, Optional, Set

import pytest
from seen import children, descendants, is_gone

from glacier.core import Dataset, Event, Pipeline, RunStarted, TaskFinished, TaskStarted
from glacier.local import LocalExecutor

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
    pytest.mark.usefixtures("settled"),
]

raw, clean, total = Dataset("raw"), Dataset("clean"), Dataset("total")
MIB = 1 << 20


def state() -> Dict[str, Set[str]]:
    """All that a run could leave behind, as the kernel sees it."""
    descriptors: Set[str] = set()
    for number in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):  # that of the listing itself
            descriptors.add(f"{number} {os.readlink(f'/proc/self/fd/{number}')}")
    mapped = Path("/proc/self/maps").read_text().splitlines()
    return {
        "processes": {str(pid) for pid in children(os.getpid())},
        "descriptors": descriptors,
        "mapped": {line for line in mapped if "memfd" in line or "/dev/shm" in line},
        "threads": {t.name for t in threading.enumerate() if t.name.startswith("glacier")},
    }


def left(before: Dict[str, Set[str]]) -> Dict[str, Set[str]]:
    """What has been left since: what another test has begun may end meanwhile."""
    now = state()
    return {kind: now[kind] - found for kind, found in before.items() if now[kind] - found}


def named_memory(pid: int) -> Set[str]:
    """What a process has open or mapped of the memory that has a name."""
    found = {
        path
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines()
        for path in line.split(None, 5)[5:]
    }
    for descriptor in os.listdir(f"/proc/{pid}/fd"):
        with suppress(FileNotFoundError):  # that of the listing itself
            found.add(os.readlink(f"/proc/{pid}/fd/{descriptor}"))
    return {path for path in found if path.startswith("/dev/shm")}


def segments(pid: int) -> int:
    """How many segments a process has open or mapped."""
    mapped = Path(f"/proc/{pid}/maps").read_text().count("memfd:")
    opened = 0
    for descriptor in os.listdir(f"/proc/{pid}/fd"):
        with suppress(FileNotFoundError):
            opened += "memfd:" in os.readlink(f"/proc/{pid}/fd/{descriptor}")
    return mapped + opened


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


def takes_too_long(item: int) -> object:
    if item == 3:
        threading.Event().wait()
    return bytearray(MIB)


def leaves_a_thread(item: int) -> object:
    if item == 3:
        threading.Thread(target=threading.Event().wait).start()
    return bytearray(MIB)


@pytest.mark.parametrize(
    ("workers", "fail_fast", "retries"), [(1, False, 0), (3, False, 0), (3, True, 0), (3, False, 1)]
)
@pytest.mark.parametrize(
    "end", [well, raises, killed, interrupts, unpicklable, takes_too_long, leaves_a_thread]
)
def test_nothing_is_left_of_a_run(end: Any, workers: int, fail_fast: bool, retries: int) -> None:
    pipeline = Pipeline("leaks")
    limit = 0.3 if end is takes_too_long else 60

    @pipeline.task(retries=retries, retry_delay=0 if retries else None, timeout=limit)
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
        assert not {"processes", "threads"} & set(left(before))
        dict(run.values)
    del run
    assert left(before) == {}


def test_nothing_is_left_of_a_run_that_is_interrupted_while_its_start_is_told() -> None:
    pipeline = Pipeline("leaks")

    @pipeline.task
    def work(item: raw.each) -> clean:
        return item

    def interrupt(event: Event) -> None:
        if isinstance(event, RunStarted):
            raise KeyboardInterrupt

    before = state()
    with pytest.raises(KeyboardInterrupt):
        LocalExecutor(2, processes=True).execute(
            pipeline, inputs={raw: range(6)}, listeners=[interrupt]
        )
    assert left(before) == {}


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

SCRATCH = (
    HEAD
    + """
@pipeline.task
def write(item: a.each, context: Context) -> b:
    path = context.new_path()
    path.write_text("scratch")
    if item == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return path

LocalExecutor(workers=2, processes=True).execute(
    pipeline, inputs={a: range(5)}, raise_on_failure=False)
say(len([name for name in os.listdir(os.environ["TMPDIR"]) if name != ".glacier"]))
"""
)


def start(
    script: str, *, group: bool = False, folder: Optional[Path] = None
) -> "subprocess.Popen[str]":
    """Run a script, in a folder of its own for all that it writes."""
    return subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=folder,
        env=os.environ if folder is None else {**os.environ, "TMPDIR": str(folder)},
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


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_when_their_parent_is_killed(number: signal.Signals, tmp_path: Path) -> None:
    with start(KILLED, folder=tmp_path) as parent:
        assert parent.stdout is not None
        workers = [int(parent.stdout.readline()) for _ in range(2)]
        processes = descendants(parent.pid)
        assert set(workers) < processes
        for pid in (parent.pid, *workers):
            assert segments(pid), "the value is in shared memory"
            assert not named_memory(pid), "of which nothing can be left"
        parent.send_signal(number)
        for process in processes:
            wait_until(lambda pid=process: is_gone(pid))
    # The folder of a process that had no time to clean up is removed by the next one.
    (owner,) = tmp_path.glob("glacier-*/.glacier-owner")
    os.utime(owner, (0, 0))
    with start(SCRATCH, folder=tmp_path) as after:
        assert after.communicate(timeout=60) == ("1\n", "")
    assert os.listdir(tmp_path) == [".glacier"]


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
    with start(SCRATCH, folder=tmp_path) as process:
        assert process.communicate(timeout=60) == ("1\n", "")
    assert os.listdir(tmp_path) == [".glacier"]


# --- when workers start ---------------------------------------------------------------------------


def test_workers_are_on_their_way_before_the_first_task_unless_none_may_be_needed(
    tmp_path: Path,
) -> None:
    pipeline = Pipeline("early")

    @pipeline.task(version=1)
    def extract() -> raw:
        return 20

    @pipeline.task(version=1)
    def other() -> clean:
        return 22

    seen: List[int] = []
    others = children(os.getpid())  # such as the servers of other tests

    def count(event: Event) -> None:
        if isinstance(event, (TaskStarted, TaskFinished)):
            seen.append(len(children(os.getpid()) - others))

    def run(*, cache: bool) -> int:
        seen.clear()
        executor = LocalExecutor(2, processes=True, cache=cache, root=tmp_path / ".glacier")
        executor.execute(pipeline, listeners=[count])
        return seen[0]

    assert run(cache=False) == 1  # the one that they are forked from
    assert run(cache=True) == 0
    assert run(cache=True) == 0
    assert set(seen) == {0}  # all was there
