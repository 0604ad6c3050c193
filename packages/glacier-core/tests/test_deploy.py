"""Deployments: through the Automation API, over a stand-in for Pulumi's engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest
from click.testing import CliRunner, Result
from cloud_provider import CloudProvider
from hypothesis import given
from hypothesis import strategies as st
from small_provider import SmallProvider
from stand_in.backend import Backend
from stand_in.cloud import Cloud

from glacier.core import Environment, Pipeline
from glacier.core.cli.app import app
from glacier.core.deploy import Asked, Deployment, Output, Settings, operate_on_file
from glacier.core.deploy.holding import beside, holders
from glacier.core.deploy.settings import without_password
from glacier.core.errors import (
    CannotDeploy,
    DeployFailed,
    FileRaised,
    InvalidOption,
    MissingEngine,
    MissingLibrary,
    MissingPassphrase,
    NoSuchStack,
    StackLocked,
    UnrealProvider,
    WrongAccount,
)
from glacier.core.programs import in_program

BUCKET, GUARD, FUNCTION = "cloud:index:Bucket", "cloud:index:Guard", "cloud:index:Function"

FILE = """
    from cloud_provider import CloudProvider
    from glacier.core import Dataset, Environment, Pipeline

    env = Environment(CloudProvider("{account}"), name="prod")
    pipeline = Pipeline(name="etl")
    raw = Dataset("raw", storage=env.object_storage("lake"))
    env.serverless("hello", handler="hello.run", code=..., memory={memory})
    {more}

    @pipeline.task
    def extract() -> raw:
        return [1]
"""

Write = Callable[..., Path]


@pytest.fixture
def write(engine: Cloud) -> Write:
    """Writes a file with a pipeline, in the working directory."""

    def written(*, account: str = "123456789012", memory: int = 512, more: str = "") -> Path:
        path = Path("flow.py")
        path.write_text(textwrap.dedent(FILE).format(account=account, memory=memory, more=more))
        return path

    written()
    return written


def operate(
    operation: str, *, env: Any = None, deletes_data: bool = False, **settings: Any
) -> Deployment:
    asked = Asked(operation, Settings(**settings), deletes_data)
    return operate_on_file("flow.py", env, asked)


def steps(done: Deployment) -> "set[tuple[str, str, str]]":
    return {(one.operation, one.type.rpartition(":")[2], one.name) for one in done.steps}


def test_a_refresh_tells_the_addresses_of_what_was_deployed(write: Write, engine: Cloud) -> None:
    assert operate("preview").addresses == {}
    deployed = operate("deploy")
    found = operate("refresh")
    assert found.addresses == deployed.addresses == found.to_json()["addresses"]
    assert "glacier:addresses" not in found.outputs
    assert "Addresses (1)\n  object_storage/lake  cloud://prod-lake\n" in str(found)
    assert operate("destroy", deletes_data=True).addresses == {}


# --- from a first deployment to the last ----------------------------------------------------------


def test_a_preview_makes_nothing_and_says_what_would_be_made(write: Write, engine: Cloud) -> None:
    done = operate("preview")
    assert ("create", "Bucket", "prod-lake") in steps(done)
    assert (done.operation, done.pipeline, done.environment) == ("preview", "etl", "prod")
    assert done.changes == {"create": 7}  # the stack is one of them
    assert (engine.ids(BUCKET), engine.ids(FUNCTION)) == ([], [])


def test_a_deployment_makes_what_is_declared_and_again_has_nothing_to_do(
    write: Write,
    engine: Cloud,
) -> None:
    done = operate("deploy")
    assert done.changes == {"create": 7}
    assert (engine.ids(BUCKET), engine.ids(FUNCTION)) == (["prod-lake"], ["prod-hello"])
    assert done.outputs == {
        "object_storage/lake": Output("prod-lake"),
        "serverless/hello": Output("prod-hello"),
    }
    made = engine.read(BUCKET, "prod-lake")
    assert made is not None
    assert made[0]["tags"] == {"environment": "prod", "managed-by": "glacier", "pipeline": "etl"}
    again = operate("deploy")
    assert (again.steps, again.changes, again.outputs) == ((), {"same": 7}, done.outputs)
    assert again.addresses == done.addresses == {"object_storage/lake": "cloud://prod-lake"}
    assert not in_program()


def test_what_changes_in_the_file_changes_there_and_data_outlive_their_declaration(
    write: Write,
    engine: Cloud,
) -> None:
    operate("deploy")
    write(memory=1024)
    assert steps(operate("preview")) == {("update", "Function", "prod-hello")}
    assert steps(operate("deploy")) == {("update", "Function", "prod-hello")}
    text = Path("flow.py").read_text()
    Path("flow.py").write_text(text.replace(', storage=env.object_storage("lake")', ""))
    assert ("delete", "Bucket", "prod-lake") in steps(operate("deploy"))
    assert (engine.ids(BUCKET), engine.ids(GUARD)) == (["prod-lake"], [])


def test_a_refresh_takes_over_what_is_there(write: Write, engine: Cloud) -> None:
    operate("deploy")
    engine.file(FUNCTION, "prod-hello").unlink()
    assert steps(operate("refresh")) == {("delete", "Function", "prod-hello")}
    assert engine.ids(FUNCTION) == []
    assert steps(operate("deploy")) == {("create", "Function", "prod-hello")}


def test_a_destruction_keeps_data_and_what_guards_them_for_the_next_deployment(
    write: Write,
    engine: Cloud,
) -> None:
    operate("deploy")
    done = operate("destroy")
    assert steps(done) == {
        ("delete", "Function", "prod-hello"),
        ("delete", "serverless", "prod-hello"),
    }
    assert done.kept == ("cloud:index:Bucket prod-lake",)
    assert (engine.ids(BUCKET), len(engine.ids(GUARD)), engine.ids(FUNCTION)) == (
        ["prod-lake"], 1, [],
    )  # fmt: skip
    assert operate("destroy").steps == ()
    assert steps(operate("deploy")) == {
        ("create", "Function", "prod-hello"),
        ("create", "serverless", "prod-hello"),
    }


@pytest.mark.parametrize("is_kept_first", [False, True])
def test_data_are_deleted_when_that_is_asked_even_later(
    write: Write,
    engine: Cloud,
    is_kept_first: bool,
) -> None:
    operate("deploy")
    engine.contents(BUCKET, "prod-lake").mkdir()
    if is_kept_first:
        operate("destroy")
    write(more='env.object_storage("new")')  # which is not made on the way
    done = operate("destroy", deletes_data=True)
    assert done.kept == ()
    assert (engine.ids(BUCKET), engine.ids(GUARD), engine.ids(FUNCTION)) == ([], [], [])
    assert not engine.contents(BUCKET, "prod-lake").exists()
    assert operate("deploy").changes["create"] == 10


def test_data_that_the_file_does_not_declare_any_more_are_not_forgotten(
    write: Write, engine: Cloud
) -> None:
    operate("deploy")
    text = Path("flow.py").read_text()
    Path("flow.py").write_text(text.replace('"lake"', '"sea"'))
    assert operate("destroy", deletes_data=True).kept == ("cloud:index:Bucket prod-lake",)
    assert (engine.ids(BUCKET), len(engine.ids(GUARD))) == (["prod-lake"], 1)
    Path("flow.py").write_text(text)
    assert operate("destroy", deletes_data=True).kept == ()
    assert engine.ids(BUCKET) == []


def test_raw_resources_and_exports_of_the_file_are_deployed_and_secrets_stay_hidden(
    write: Write,
    engine: Cloud,
) -> None:
    more = """
    import pulumi
    raw_bucket = pulumi.CustomResource("cloud:index:Bucket", "mine", {{"bucket": "mine"}})
    pulumi.export("password", pulumi.Output.secret("hunter2"))
    pulumi.export("bucket", raw_bucket.id)
    """
    write(more=textwrap.dedent(more).replace("{{", "{").replace("}}", "}"))
    done = operate("deploy")
    assert engine.ids(BUCKET) == ["mine", "prod-lake"]
    assert done.outputs["password"] == Output("hunter2", is_secret=True)
    assert done.outputs["bucket"].value == "mine"
    for told in (str(done), repr(done), json.dumps(done.to_json())):
        assert "<secret>" in told
        assert "hunter2" not in told
    files = [path for path in Path(".glacier").rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if "hunter2" in path.read_text()]
    assert operate("destroy").kept == ("cloud:index:Bucket prod-lake",)
    assert engine.ids(BUCKET) == ["prod-lake"]


# --- what is missing or refused -------------------------------------------------------------------


def test_a_failure_names_the_resource_and_the_repetition_goes_on_from_there(
    write: Write,
    engine: Cloud,
) -> None:
    engine.create(FUNCTION, "prod-hello", {"name": "prod-hello", "owner": "somebody"})
    with pytest.raises(DeployFailed, match=r"Function prod-hello: .*already exists") as caught:
        operate("deploy")
    (failure,) = caught.value.failures
    assert failure.resource == "cloud:index:Function prod-hello"
    assert "<{%" not in str(caught.value)
    assert f"{caught.value.done} step" in str(caught.value)
    made = engine.ids(BUCKET)
    engine.file(FUNCTION, "prod-hello").unlink()
    done = operate("deploy")
    assert ("create", "Function", "prod-hello") in steps(done)
    assert (("create", "Bucket", "prod-lake") in steps(done)) == (made == [])
    assert done.changes["create"] + done.changes.get("same", 0) == 7


def test_a_locked_stack_says_who_holds_it_and_how_to_take_it_away(
    write: Write,
    engine: Cloud,
) -> None:
    operate("deploy")
    folder = Path(".glacier/pulumi/projects/etl").absolute()
    with Backend(folder).locked("prod"):
        with pytest.raises(StackLocked, match=rf"pid {os.getpid()}.*") as caught:
            operate("deploy")
        command = str(caught.value).rpartition(": ")[2].replace("'", "").split()
        assert command[:2] == ["pulumi", "cancel"]
        subprocess.run(command, check=True)
        assert operate("deploy").changes == {"same": 7}


@pytest.mark.parametrize(("given", "told"), [(None, "is not given"), ("other", "is not the one")])
def test_a_passphrase_that_is_missing_or_wrong_is_asked_for(
    write: Write, monkeypatch: pytest.MonkeyPatch, given: Any, told: str
) -> None:
    operate("deploy")
    if given is None:
        monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    else:
        monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", given)
    for operation in ("preview", "deploy", "refresh", "destroy"):
        with pytest.raises(MissingPassphrase, match=told):
            operate(operation)
    secret = Path("passphrase")
    secret.write_text("open sesame\n")
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", str(secret.absolute()))
    assert operate("deploy").changes == {"same": 7}


def test_a_new_stack_asks_for_a_passphrase_or_a_key(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    with pytest.raises(MissingPassphrase, match="--secrets-provider"):
        operate("deploy")


def test_an_engine_that_is_missing_or_none_says_how_to_get_one(
    write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(MissingEngine, match=r"no program 'pulumi' on PATH.*docs/install"):
        operate("deploy")
    program = tmp_path / "empty" / "pulumi"
    program.write_text(f"#!{sys.executable}\nprint('v2.0.0')\n")
    program.chmod(0o755)
    with pytest.raises(MissingEngine, match="cannot be used: Minimum version"):
        operate("deploy")


def test_without_the_python_package_the_extra_is_named(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pulumi", None)
    monkeypatch.setitem(sys.modules, "pulumi.automation", None)
    with pytest.raises(MissingLibrary, match=r"pip install 'glacier-pipeline\[deploy\]'"):
        operate("deploy")


@pytest.mark.parametrize("operation", ["preview", "deploy"])
def test_credentials_of_another_account_are_refused_before_anything_is_made(
    write: Write,
    engine: Cloud,
    operation: str,
) -> None:
    (engine.folder / "account").write_text("999999999999")
    with pytest.raises(WrongAccount, match=r"'prod' \(cloud 123456789012 here\).*999999999999"):
        operate(operation)
    assert (engine.ids(BUCKET), engine.ids(FUNCTION)) == ([], [])


def test_a_deployed_stack_is_not_destroyed_with_credentials_of_another_account(
    write: Write,
    engine: Cloud,
) -> None:
    operate("deploy")
    (engine.folder / "account").write_text("999999999999")
    for operation in ("refresh", "destroy"):
        with pytest.raises(WrongAccount):
            operate(operation)
    assert engine.ids(FUNCTION) == ["prod-hello"]


def test_an_account_that_cannot_be_real_is_refused_by_name(write: Write) -> None:
    write(account="123456")
    for operation in ("preview", "deploy"):
        with pytest.raises(UnrealProvider, match=r"account '123456' cannot be real"):
            operate(operation)
    assert not Path(".glacier").exists()
    with pytest.raises(NoSuchStack):
        operate("destroy")


def test_what_is_wrong_with_the_file_is_told_before_the_engine_is_asked(write: Write) -> None:
    write(more="raise ValueError('broken')")
    with pytest.raises(FileRaised, match="broken"):
        operate("deploy")
    Path("flow.py").write_text("from glacier.core import Pipeline\npipeline = Pipeline('etl')\n")
    with pytest.raises(CannotDeploy, match="makes no environment"):
        operate("deploy")
    assert not Path(".glacier").exists()


def test_what_the_file_raises_in_the_engine_alone_is_raised_as_it_is(write: Write) -> None:
    write(more="if pulumi.runtime.settings.SETTINGS.engine: raise ValueError('late')")
    Path("flow.py").write_text(f"import pulumi\n{Path('flow.py').read_text()}")
    with pytest.raises(FileRaised, match="late"):
        operate("deploy")


# --- which stack ----------------------------------------------------------------------------------


def test_another_stack_must_be_there_and_another_backend_may_be_anywhere(
    write: Write,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(NoSuchStack, match=r"no stack 'prod' in file://.*Known|no stack 'prod'"):
        operate("refresh")
    operate("deploy")
    with pytest.raises(NoSuchStack, match="Did you mean 'prod'"):
        operate("deploy", stack="prd")
    assert operate("deploy", stack="prod").changes == {"same": 7}
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(NoSuchStack):
        operate("refresh", backend=other.as_uri())
    monkeypatch.setenv("PULUMI_BACKEND_URL", other.as_uri())
    with pytest.raises(NoSuchStack):
        operate("refresh")
    with pytest.raises(InvalidOption, match="Give a URL"):
        operate("deploy", backend="there")
    with pytest.raises(DeployFailed, match=r"failed:\n  error: could not open backend s3://there"):
        operate("deploy", backend="s3://there")


def test_names_that_pulumi_does_not_take_are_refused(write: Write) -> None:
    text = Path("flow.py").read_text()
    Path("flow.py").write_text(text.replace('"etl"', f'"{"e" * 101}"'))
    with pytest.raises(CannotDeploy, match="101 characters"):
        operate("deploy")


def test_a_password_in_a_backend_is_not_shown() -> None:
    assert without_password("postgres://me:secret@db/x") == "postgres://me:****@db/x"
    assert without_password("s3://bucket?region=x") == "s3://bucket?region=x"


# --- what stays with data -------------------------------------------------------------------------


@st.composite
def states(draw: st.DrawFn) -> "list[dict[str, Any]]":
    """The rows of a stack: each needs some of those before it."""
    rows: List[Dict[str, Any]] = []
    for number in range(draw(st.integers(0, 12))):
        before = st.sampled_from([row["urn"] for row in rows] or [""])
        needed = draw(st.lists(before, max_size=2))
        rows.append(
            {
                "urn": f"u{number}",
                "type": draw(st.sampled_from(["glacier:cloud:it", "cloud:index:It", "mine:It"])),
                "parent": draw(before),
                "provider": f"{draw(before)}::id",
                "dependencies": needed[:1],
                "propertyDependencies": {"on": needed[1:]},
                "retainOnDelete": draw(st.booleans()),
            }
        )
    return rows


@given(states())
def test_what_is_kept_needs_nothing_that_goes(rows: "list[dict[str, Any]]") -> None:
    kept = holders(rows)
    stays = beside(rows, kept)
    assert stays >= set(kept)
    assert bool(stays) == bool(kept)
    by_urn = {row["urn"]: row for row in rows}
    for row in rows:
        needs = {row["parent"], row["provider"][:-4], *row["dependencies"]}
        needs |= {*row["propertyDependencies"]["on"]}
        if row["urn"] in stays:
            assert needs & set(by_urn) <= stays
        elif row["parent"] in stays:
            assert not by_urn[row["parent"]]["type"].startswith("glacier:")


# --- from Python and from the command line --------------------------------------------------------


def test_a_script_deploys_its_own_file_in_another_process(write: Write, engine: Cloud) -> None:
    path = write()
    end = "\ndone = env.deploy(pipeline)\nprint(done.changes, done.outputs['serverless/hello'])\n"
    path.write_text(path.read_text() + end)
    tests = str(Path(__file__).parent)
    done = subprocess.run(
        [sys.executable, "flow.py"],
        env={**os.environ, "PYTHONPATH": tests},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "{'create': 7} Output('prod-hello')\n", done.stderr
    assert "+ create cloud:index:Bucket prod-lake" in done.stderr
    assert engine.ids(BUCKET) == ["prod-lake"]
    assert operate("preview").changes == {"same": 7}  # a command loads the file to its deploy
    path.write_text(path.read_text().replace('"123456789012"', '"1"'))
    refused = subprocess.run(
        [sys.executable, "flow.py"],
        env={**os.environ, "PYTHONPATH": tests},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "UnrealProvider: environment 'prod' cannot be deployed" in refused.stderr


def await_condition(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no process groups")
def test_an_interrupted_script_waits_until_the_engine_has_written_down_what_it_made(
    write: Write, engine: Cloud
) -> None:
    path = write()
    path.write_text(f"{path.read_text()}\nenv.deploy(pipeline)\n")
    (engine.folder / "busy").write_text(GUARD)  # which comes after the bucket
    with subprocess.Popen(
        [sys.executable, "flow.py"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as script:
        locks = Path(".glacier/pulumi/.pulumi/locks")
        try:
            await_condition((engine.folder / "waiting").exists)
            assert list(locks.rglob("*.json"))
            os.killpg(script.pid, signal.SIGINT)
            (engine.folder / "busy").unlink()
            assert b"KeyboardInterrupt" in script.communicate(timeout=60)[1]
        finally:
            if script.poll() is None:
                os.killpg(script.pid, signal.SIGKILL)
    assert not list(locks.rglob("*.json"))
    done = operate("deploy")
    assert engine.ids(BUCKET) == ["prod-lake"]
    assert ("create", "Bucket", "prod-lake") not in steps(done)


def notebook() -> "tuple[Environment, Pipeline]":
    env, pipeline = Environment(CloudProvider(), name="prod"), Pipeline("etl")
    lake = env.object_storage("lake")
    env.schedule("nightly", cron="0 3 * * *")

    @pipeline.task
    def extract() -> None:
        return None

    assert lake.name == "lake"
    return env, pipeline


def test_without_a_file_what_is_declared_is_deployed(engine: Cloud) -> None:
    env, pipeline = notebook()
    assert env.preview(pipeline).changes == {"create": 5}
    done = env.deploy(pipeline)
    assert done.outputs == {"object_storage/lake": Output("prod-lake")}
    assert done.addresses == {"object_storage/lake": "cloud://prod-lake"}
    assert env.refresh(pipeline).changes == {"same": 5}
    assert env.destroy(pipeline).kept == ("cloud:index:Bucket prod-lake",)
    assert env.destroy(pipeline, delete_data=True).changes == {"delete": 5}
    assert engine.ids(BUCKET) == []
    assert not in_program()


def test_a_provider_without_a_program_has_nothing_to_deploy() -> None:
    env, (_, pipeline) = Environment(SmallProvider(), name="dev"), notebook()
    for done in (env.preview(pipeline), env.deploy(pipeline), env.destroy(pipeline)):
        assert "nothing is deployed here" in str(done)
        assert (done.steps, done.stack) == ((), "")


def invoke(*arguments: str, code: int = 0, **more: Any) -> Result:
    result = CliRunner().invoke(app, [*arguments], **more)
    assert result.exit_code == code, result.output
    return result


def test_the_commands_print_what_was_done(write: Write, engine: Cloud) -> None:
    shown = invoke("preview", "flow.py").output
    assert "preview of etl in prod (cloud 123456789012 here)" in shown
    assert "  + create cloud:index:Bucket prod-lake" in shown
    assert "7 create" in shown
    assert "there is nobody here to say yes" in invoke("deploy", "flow.py", code=2).output
    assert engine.ids(BUCKET) == []
    deployed = invoke("deploy", "flow.py", "--yes").output
    assert "+ create cloud:index:Bucket prod-lake" in deployed
    assert "object_storage/lake  prod-lake" in deployed
    told = json.loads(invoke("refresh", "flow.py", "--yes", "--json").stdout)
    assert (told["operation"], told["changes"]) == ("refresh", {"same": 7})
    assert "nobody" in invoke("destroy", "flow.py", code=2).output
    kept = invoke("destroy", "flow.py", "--yes", "--env", "prod").output
    assert "Kept, for they hold data (1)\n  cloud:index:Bucket prod-lake" in kept
    assert "5 delete" in invoke("destroy", "flow.py", "--yes", "--delete-data").output
    assert engine.ids(BUCKET) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.parametrize("answer", ["y", "n"])
def test_a_deployment_is_shown_before_somebody_says_yes(
    write: Write, engine: Cloud, answer: str
) -> None:
    import pty

    mine, theirs = pty.openpty()
    os.write(mine, f"{answer}\n".encode())
    done = subprocess.run(
        [sys.executable, "-m", "glacier.core", "deploy", "flow.py"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        stdin=theirs,
        capture_output=True,
        text=True,
        check=False,
    )
    os.close(mine)
    os.close(theirs)
    assert "preview of etl in prod" in done.stdout
    assert "Deploy? [y/N]" in done.stderr
    assert done.returncode == (0 if answer == "y" else 1)
    assert engine.ids(BUCKET) == (["prod-lake"] if answer == "y" else [])


def test_a_failure_of_the_engine_is_another_exit_code_than_a_wrong_command(
    write: Write,
    engine: Cloud,
) -> None:
    engine.create(FUNCTION, "prod-hello", {"name": "prod-hello"})
    assert "already exists" in invoke("deploy", "flow.py", "--yes", code=1).output
    told = json.loads(invoke("deploy", "flow.py", "--yes", "--json", code=1).stdout)
    assert told["problems"][0]["kind"] == "DeployFailed"
    assert "Did you mean 'prod'" in invoke("preview", "flow.py", "--env", "prdo", code=2).output
