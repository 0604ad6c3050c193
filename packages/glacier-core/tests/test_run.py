"""What a run tells of itself."""

from __future__ import annotations

import pytest

from glacier.core import Dataset, Pipeline, Run, Skip
from glacier.core.errors import ValueUnavailable
from glacier.core.run_ids import new_run_id
from glacier.core.testing import InlineExecutor

raw, clean, bad, after, never = map(Dataset, ("raw", "clean", "bad", "after", "never"))


@pytest.fixture
def run() -> Run:
    pipeline = Pipeline("etl")

    @pipeline.task
    def extract() -> raw:
        return "<raw>"

    @pipeline.task
    def tidy(data: raw) -> clean:
        return data.strip("<>")

    @pipeline.task
    def fail(data: raw) -> bad:
        raise ValueError("row 3 & <others>\nare wrong")

    @pipeline.task
    def follow(data: bad) -> after: ...

    @pipeline.task
    def skip(data: clean) -> never:
        raise Skip("weekend")

    return InlineExecutor().execute(pipeline, raise_on_failure=False)


def test_its_repr_is_one_line(run: Run) -> None:
    text = repr(run)
    assert text.startswith(f"<Run {run.run_id} of 'etl': failed, 5 tasks (")
    for part in ("1 failed", "1 skipped", "1 upstream failed"):
        assert part in text
    assert "\n" not in text


def test_its_text_is_a_table_of_tasks(run: Run) -> None:
    lines = str(run).splitlines()
    assert lines[1].split() == ["task", "state", "seconds"]
    rows = {line.split()[0]: line for line in lines[2:]}
    assert set(rows) == {"extract", "tidy", "fail", "follow", "skip"}
    assert rows["fail"].endswith("ValueError: row 3 & <others>")
    assert "upstream failed" in rows["follow"]
    assert rows["skip"].endswith("weekend")


def test_its_notebook_view_is_escaped(run: Run) -> None:
    html = run._repr_html_()
    assert "ValueError: row 3 &amp; &lt;others&gt;" in html
    assert (html.count("<rect"), html.count("<tr>")) == (4, 3), "four ran, three have a note"
    assert run._repr_mimebundle_() == {"text/plain": str(run), "text/html": html}


def test_a_long_table_is_cut_but_keeps_every_failure() -> None:
    pipeline = Pipeline("long")

    def make(number: int, out: Dataset) -> None:
        @pipeline.task(name=f"t{number}")
        def work() -> out:
            if number == 150:
                raise ValueError("the one")

    for number in range(200):
        make(number, Dataset(f"d{number}"))
    text = str(InlineExecutor().execute(pipeline, raise_on_failure=False))
    assert "ValueError: the one" in text
    assert "… and 140 more" in text
    assert len(text.splitlines()) == 63


def test_values_are_found_by_dataset_or_name(run: Run) -> None:
    assert run.values == {"raw": "<raw>"}
    assert run["raw"] == run[raw] == "<raw>"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("clean", "released after its last reader"),
        ("bad", "'fail' is failed (ValueError: row 3 & <others>)"),
        ("after", "'follow' is upstream_failed (a producer failed)"),
        ("never", "'skip' is skipped (weekend)"),
        ("claen", "no such dataset. Did you mean 'clean'?"),
    ],
)
def test_a_value_that_is_not_there_says_why(run: Run, name: str, reason: str) -> None:
    with pytest.raises(ValueUnavailable) as caught:
        run[name]
    assert reason in str(caught.value)
    assert isinstance(caught.value, KeyError)


def test_tasks_are_a_mapping(run: Run) -> None:
    assert len(run.tasks) == 5
    assert run.tasks["tidy"].state == "succeeded"
    with pytest.raises(KeyError, match="tidy"):
        run.tasks["tidyy"]
    assert "tidyy" not in run.tasks


def test_run_ids_sort_by_time_and_do_not_repeat() -> None:
    ids = [new_run_id() for _ in range(1000)]
    stamps = [run_id.partition("-")[0] for run_id in ids]
    assert stamps == sorted(set(stamps)), "even where the clock is coarser than two of them"
    assert all(len(run_id) == len(ids[0]) for run_id in ids)
