"""One module for each benchmark: a function that measures and yields the rows of its table."""

from __future__ import annotations

from typing import Callable, Iterator, NamedTuple

from benchmarks.suites.aws import aws
from benchmarks.suites.building import building
from benchmarks.suites.burning import burning
from benchmarks.suites.chains import chains
from benchmarks.suites.clouds import clouds
from benchmarks.suites.dask import dask
from benchmarks.suites.deployed import deployed
from benchmarks.suites.fans import fans
from benchmarks.suites.hello import hello
from benchmarks.suites.importing import importing
from benchmarks.suites.layered import layered
from benchmarks.suites.memory import memory
from benchmarks.suites.noted import noted
from benchmarks.suites.options import Options
from benchmarks.suites.order import order
from benchmarks.suites.passing import passing
from benchmarks.suites.release import release
from benchmarks.suites.scale import scale
from benchmarks.suites.sharing import sharing
from benchmarks.suites.sleeping import sleeping
from benchmarks.suites.staged import staged
from benchmarks.suites.streaming import streaming
from benchmarks.suites.versus import versus
from benchmarks.table import Row

__all__ = ["SUITES", "Options", "Suite"]


class Suite(NamedTuple):
    """A title for its table, what measures it, and whether it only does when it is named."""

    title: str
    measure: Callable[[Options], Iterator[Row]]
    on_demand: bool = False


SUITES = {
    "import": Suite("what 'import glacier.core' adds to the start of Python", importing),
    "hello": Suite("a file of three tasks, from start to end of its process", hello),
    "history": Suite("what noting runs costs, and the start of the command line", noted),
    "chain": Suite("running 10,000 trivial tasks, one after the other (CPU time)", chains),
    "build": Suite("declaring, inferring and planning, per task (CPU time)", building),
    "layers": Suite("1,000 tasks in 20 layers, three parents each, on two threads", layered),
    "fan": Suite("fan-out and fan-in, two threads and the default", fans),
    "scale": Suite("100,000 tasks, and how the CPU time per task grows", scale),
    "stages": Suite("a plan as nested sequences and parallels, per task (CPU time)", staged),
    "memory": Suite("what Glacier holds for each of 100,000 tasks", memory),
    "release": Suite("peak memory of 20 tasks that each make 100 MiB", release),
    "order": Suite("how many values are alive at a time", order),
    "sleeping": Suite("50 tasks that wait, on 16 threads", sleeping),
    "burning": Suite("8 tasks of pure Python in worker processes, their start included", burning),
    "sharing": Suite("large values handed to worker processes", sharing),
    "dask": Suite("1,000 tasks on a Dask cluster beside Dask alone, and its client", dask, True),
    "clouds": Suite("a synthesis on each cloud that is installed", clouds, True),
    "deployed": Suite("a call of a deployed function, and its process", deployed, True),
    "aws": Suite("a pipeline on AWS: its code, machines, policies and calls", aws, True),
    "passing": Suite("2 GB of Parquet through three readers and writers", passing, True),
    "streaming": Suite("2 GB through three tasks that store them", streaming, True),
    "peers": Suite("build + execute in us per task (execute / bare loop)", versus),
}
