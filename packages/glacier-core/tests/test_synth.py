"""Syntheses: executed afresh, told completely, equal from equal files, and compared."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from threading import Thread
from typing import Any, List

import pytest
from click.testing import CliRunner
from small_provider import SmallProvider

from glacier.core import Dataset, Environment, Pipeline
from glacier.core.cli.app import app
from glacier.core.contracts.providers import Location, Registered
from glacier.core.errors import CannotSynth, RecordError, UnknownName
from glacier.core.grants import Grant
from glacier.core.programs import in_program
from glacier.core.synth import Change, Synth, changes, synth_file
from glacier.core.synth.plain import plain
from glacier.core.synth.waiting import Wait

FILE = """
    from glacier.core import Dataset, Environment, Pipeline
    from small_provider import SmallProvider

    pipeline = Pipeline(name="etl")
    for name in ("dev", "prod"):
        env = Environment(SmallProvider(doubts=["odd"]), name=name)
        lake = env.object_storage(name="Lake")
        env.bind({"raw": lake})
    raw = Dataset("raw")

    @pipeline.task
    def extract() -> raw:
        return [1]

    if __name__ != "__main__":
        print("loaded")
    env.synth(pipeline)
    raise SystemExit("not reached")
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forgotten_imports: None) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "flow.py"
    path.write_text(textwrap.dedent(FILE))
    return path


def test_a_file_is_executed_and_what_it_declares_is_told(file: Path) -> None:
    found = synth_file(str(file), "prod")
    assert found == Synth(
        "etl",
        "prod",
        Location("small", "1", "here"),
        (Registered("small:object_storage", "prod-Lake"),),
        (Grant("extract", "write", "dataset", "raw", "object_storage Lake"),),
        (("object_storage", "Lake", "lake"),),
        ("odd",),
    )
    assert Synth.from_json(json.loads(json.dumps(found.to_json()))) == found
    assert synth_file(str(file), "prod") == found


@pytest.mark.parametrize(
    ("environment", "error", "told"),
    [
        (None, CannotSynth, r"2 environments: dev \(flow.py:7\) and prod .*--env"),
        ("prdo", UnknownName, "Did you mean 'prod'"),
    ],
)
def test_which_environment_must_be_clear(
    file: Path, environment: Any, error: Any, told: str
) -> None:
    file.write_text(file.read_text().replace("raise SystemExit", "str"))
    with pytest.raises(error, match=told):
        synth_file("flow.py", environment)


def test_the_command_prints_text_json_and_what_has_changed(file: Path) -> None:
    def invoke(*arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, ["synth", "flow.py", *arguments])
        assert result.exit_code == code, result.output
        return result.stdout.replace("loaded\n", "", 1)  # which older clicks have with the rest

    text = invoke("--env", "prod")
    assert "etl in prod (small 1 here)" in text
    assert "  extract  write  dataset  raw  object_storage Lake" in text
    told = json.loads(invoke("--env", "prod", "--json"))
    Path("old.json").write_text(json.dumps(told))
    assert invoke("--env", "prod", "--diff", "old.json") == "nothing has changed\n"
    file.write_text(file.read_text().replace('"raw"', '"rough"'))
    assert invoke("--env", "prod", "--diff", "old.json", code=1).splitlines() == [
        "- permission: extract writes dataset raw in object_storage Lake",
        "+ permission: extract writes dataset rough in object_storage Lake",
    ]
    differing = json.loads(invoke("--env", "prod", "--diff", "old.json", "--json", code=1))
    assert [one["kind"] for one in differing["changes"]] == ["removed", "added"]
    Path("old.json").write_text("{")
    assert "it is not JSON" in CliRunner().invoke(
        app, ["synth", "flow.py", "--diff", "old.json"]
    ).output  # fmt: skip


def test_a_file_may_ask_for_its_own_synthesis(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As plain Python does: the process of the synthesis ends the file where it asked."""
    import importlib

    monkeypatch.syspath_prepend(str(file.parent))
    text = file.read_text()
    file.write_text(text.replace("env.synth(pipeline)\nraise", "answer = env.synth(pipeline)\n#"))
    module = importlib.import_module("flow")
    assert module.answer.environment == "prod"
    assert [row.name for row in module.answer.resources] == ["prod-Lake"]


def test_a_file_that_fails_in_its_own_process_says_why(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib

    monkeypatch.syspath_prepend(str(file.parent))
    file.write_text(file.read_text().replace('print("loaded")', "pass").replace("raise", "#"))
    module = importlib.import_module("flow")
    file.write_text("from glacier.core import Pipeline\nPipeline('etl').graph()\n")
    with pytest.raises(CannotSynth, match="no tasks"):
        module.env.synth(module.pipeline)
    file.write_text("import os\nos._exit(3)\n")
    with pytest.raises(CannotSynth, match="ended with code 3"):
        module.env.synth(module.pipeline)


def test_after_a_synthesis_no_program_is_running(file: Path) -> None:
    synth_file("flow.py", "prod")
    assert not in_program()
    seen: List[bool] = []
    thread = Thread(target=lambda: seen.append(in_program()))
    thread.start()
    thread.join()
    assert seen == [False]


def test_a_pipeline_without_a_file_is_told_by_what_is_declared() -> None:
    env = Environment(SmallProvider(), "dev")
    pipeline, raw = Pipeline("etl"), Dataset("raw", storage=env.object_storage("lake"))

    @pipeline.task
    def extract() -> raw:
        return [1]

    found = env.synth(pipeline)
    assert [row.name for row in found.resources] == ["dev-lake"]
    assert found.warnings == (
        "no file declares this pipeline at its top level, so raw resources are not seen",
    )


@pytest.mark.parametrize("data", [None, {}, {"format": 2}, {"format": 1}])
def test_a_record_of_another_kind_is_refused(data: object) -> None:
    with pytest.raises(RecordError, match="synthesis"):
        Synth.from_json(data)


def test_permissions_come_first_in_what_has_changed() -> None:
    row = Registered("a:b", "lake", properties={"size": 1, "same": 0})
    before = Synth("etl", "dev", Location("x"), (row, Registered("a:b", "old")), (), (), ("w",))
    after = Synth(
        "etl",
        "dev",
        Location("x"),
        (row._replace(properties={"size": 2, "same": 0}), Registered("a:b", "new")),
        (Grant("t", "read", "secret", "k"),),
    )
    assert changes(before, after) == [
        Change("added", "permission", "t reads secret k"),
        Change("removed", "resource", "a:b old"),
        Change("added", "resource", "a:b new"),
        Change("changed", "resource", "a:b lake", "size"),
        Change("removed", "warning", "w"),
    ]
    assert changes(after, after) == []


SIGN = "4dabf18193072939515e22adb298388d"


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"b": 30.0, "a": 1.5}, {"a": 1.5, "b": 30}),
        ("04da6b54-80e4-46f7-96ec-b56ff0331ba9", "<computed>"),
        ([{SIGN: "1b47061264138c4ac30d75fd1eb44270", "value": "s3cret"}], ["<secret>"]),
        ({SIGN: "d0e6a833031e9bbcd3f4e8bde6ca49a4", "value": 1.0, "secret": True}, "<secret>"),
        ({SIGN: "d0e6a833031e9bbcd3f4e8bde6ca49a4", "value": 1.0}, 1),
        ({SIGN: "d0e6a833031e9bbcd3f4e8bde6ca49a4"}, "<computed>"),
        ({SIGN: "5cf8f73096256a8f31e491e813e4eb8e", "urn": "urn:pulumi:a::b::c::d"}, "d"),
        ({SIGN: "0def7320c3a5731c473e5ecbe6d01bc7", "path": "src"}, {"path": "src"}),
        ({SIGN: "0def7320c3a5731c473e5ecbe6d01bc7", "path": "/far/away"}, {"path": "away"}),
    ],
)
def test_properties_are_readable_and_hold_no_secret(sent: Any, told: Any) -> None:
    assert plain(sent) == told


def test_a_file_without_an_environment_has_permissions_all_the_same(file: Path) -> None:
    file.write_text(
        textwrap.dedent(
            """
            from glacier.core import Dataset, Pipeline
            from glacier.core.testing import InlineExecutor

            def build():
                pipeline, raw, clean = Pipeline("built"), Dataset("raw"), Dataset("clean")

                @pipeline.task
                def extract() -> raw:
                    return [1]

                @pipeline.task
                def tidy(rows: raw) -> clean:
                    return rows

                return pipeline

            InlineExecutor().execute(build())
            """
        )
    )
    found = synth_file("flow.py")
    assert (found.pipeline, found.environment, found.resources) == ("built", "", ())
    assert [(one.task, one.access, one.name) for one in found.permissions] == [
        ("extract", "write", "raw"),
        ("tidy", "read", "raw"),
        ("tidy", "write", "clean"),
    ]
    (warning,) = found.warnings
    assert warning.startswith("dataset 'raw' has no storage and goes from 'extract' to 'tidy'")


def test_a_name_that_was_guessed_wrong_is_mended_by_executing_again(file: Path) -> None:
    text = file.read_text().replace('Pipeline(name="etl")', 'Pipeline(name="et" + "l")')
    (file.parent / "beside.py").write_text(
        "from glacier.core import Environment\nfrom small_provider import SmallProvider\n"
        "shared = Environment(SmallProvider(), name='shared')\nshared.secret('key')\n"
    )
    file.write_text("import beside\n" + text)
    file.write_text(file.read_text().replace("raise SystemExit", "str"))
    found = synth_file("flow.py", "shared")
    assert found.pipeline == "etl"
    assert [row.name for row in found.resources] == ["shared-key"]


BARRED = """
    from glacier.core import Dataset, Environment, Permission, Pipeline
    from small_provider import SmallProvider

    provider = SmallProvider()
    provider.needs_program = IN_CLOUD
    env = Environment(provider, name="prod")
    pipeline, a, b = Pipeline("barred"), Dataset("a"), Dataset("b")
    for one in (a, b):
        env.bind({one: env.object_storage(one.name)})

    @pipeline.task(permissions=[Permission("s3:*", "*"), Permission("s3:List*", "arn:lake")])
    def make_a() -> a: ...

    @pipeline.task(permissions=[Permission(["get", "*"], "arn:lake")])
    def make_b() -> b: ...

    @pipeline.task
    def both(x: a, y: b) -> None: ...

    @pipeline.task
    def alone(y: b) -> None: ...
"""


def test_where_tasks_would_wait_in_vain_is_told(file: Path) -> None:
    file.write_text(textwrap.dedent(BARRED).replace("IN_CLOUD", "True"))
    found = synth_file("flow.py")
    assert found.barriers == (Wait(before=("make_a",), after=("alone",)),)
    assert "\nBarriers (1)\n  alone waits for make_a, though it need not\n" in str(found)
    assert Synth.from_json(json.loads(json.dumps(found.to_json()))) == found
    assert changes(found._replace(barriers=()), found) == [
        Change("added", "barrier", "alone waits for make_a, though it need not")
    ]
    several = Wait(("a", "b"), ("c", "d"))
    assert str(several) == "c and d wait for a and b, though they need not for all of them"
    assert "\n  and 5 more\n" in str(found._replace(barriers=(several,) * 15))


def test_a_local_run_has_no_barriers(file: Path) -> None:
    file.write_text(textwrap.dedent(BARRED).replace("IN_CLOUD", "False"))
    assert synth_file("flow.py").barriers == ()


def test_permissions_for_everything_are_told_and_doubted(file: Path) -> None:
    file.write_text(textwrap.dedent(BARRED).replace("IN_CLOUD", "False"))
    found = synth_file("flow.py")
    lines = [line.split() for line in str(found).splitlines()]
    assert ["make_b", "use", "permission", "*", "arn:lake"] in lines
    first, second = found.warnings
    assert first.startswith("task 'make_a' has a permission for 's3:*' on '*': name the actions")
    assert second.startswith("task 'make_b' has a permission for '*' on 'arn:lake': name the")
    without = found._replace(permissions=())
    assert "make_a uses permission s3:* in *" in [one.subject for one in changes(without, found)]
