"""What every provider must do, as one suite of tests: subclass it and say how to make yours.

::

    class TestMyProvider(ProviderContract):
        declaration = "from mine import MyProvider; provider = MyProvider(region='here')"
        sdks = ("pulumi", "pulumi_mine")

        def make_provider(self) -> Provider:
            return MyProvider(region="here")

The methods are collected by pytest and need nothing of it.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any, Callable, List, Mapping, Optional, Sequence, Tuple

from glacier.core.contracts.providers import Provider, Registered
from glacier.core.dataset import Dataset
from glacier.core.environment import Environment
from glacier.core.errors import NotAnEnvironment, NotRegistered, UnknownOption, UnrealProvider
from glacier.core.pipeline import Pipeline
from glacier.core.registry import load
from glacier.core.resources import ObjectStorage
from glacier.core.testing.contract_base import Annotated, WithGaps, caught
from glacier.core.testing.registered import Told, registered

__all__ = ["ProviderContract"]

KINDS = ("database", "object_storage", "secret", "serverless")
TAGS = {"environment": "dev", "managed-by": "glacier", "pipeline": "contract", "team": "data"}


class ProviderContract(WithGaps):
    """All that an environment promises, whatever its provider."""

    declaration = ""
    """Statements that make ``provider``, for a new process."""

    sdks: Tuple[str, ...] = ()
    """The modules that must not be imported before a resource is registered."""

    storage_ids: Sequence[str] = ("lake",)
    """What the ids of its object storages look like in the cloud."""

    def make_provider(self) -> Provider:
        """A provider whose settings are beyond doubt."""
        raise TypeError(f"{type(self).__name__} must define make_provider()")

    def make_doubtful(self) -> Provider:
        """One whose settings cannot be real."""
        raise TypeError(f"{type(self).__name__} must define make_doubtful()")

    def tags_of(self, row: Registered) -> Optional[Mapping[str, Any]]:
        """The tags of a resource; ``None`` for one that takes none."""
        return row.properties.get("tags")

    # --- helpers ----------------------------------------------------------------------------------

    def environment(self, name: str = "dev", provider: Optional[Provider] = None) -> Environment:
        """An environment of this provider."""
        return Environment(provider or self.make_provider(), name, tags={"team": "data"})

    def declare_all(self, env: Environment) -> None:
        """One resource of every kind."""
        env.object_storage("lake", versioning=True, lifecycle_days=30)
        env.serverless("call", handler="index.handler", code=..., env={"A": "b"})
        env.database("shop")
        env.secret("key")
        env.schedule("nightly", cron="0 6 * * *")

    def told(self, declare: Callable[[], object]) -> Told:
        """What is registered by declaring inside a program."""
        return registered(declare, pipeline="contract", stack="dev")

    # --- what holds -------------------------------------------------------------------------------

    def test_it_says_what_it_is(self) -> None:
        provider = self.make_provider()
        assert provider.location.cloud == provider.kind
        assert set(provider.adopts.values()) <= {"database", "object_storage"}
        assert list(provider.doubts()) == []

    def test_its_entry_point_refers_to_its_class(self) -> None:
        provider = self.make_provider()
        assert load("glacier.providers", provider.kind) is type(provider)

    def test_declaring_imports_no_sdk(self) -> None:
        code = f"""
import sys
from glacier.core import Dataset, Environment
{self.declaration}
env = Environment(provider)
raw = Dataset("raw", storage=env.object_storage("lake"))
env.serverless("call", handler="index.handler", code=...)
env.database("shop")
env.secret("key")
imported = [name for name in {self.sdks!r} if name in sys.modules]
assert not imported, imported
"""
        command = [sys.executable, "-W", "error", "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def test_outside_a_program_resources_are_only_declared(self) -> None:
        lake = self.environment().object_storage("lake")
        assert "lake" in str(caught(NotRegistered, lambda: lake.native))

    def test_in_a_users_own_program_calls_register_at_once(self) -> None:
        code = f"""
import pulumi
from glacier.core import Environment
from glacier.core.programs import in_program, project_name
{self.declaration}
env = Environment(provider, "prod")
early = env.object_storage("early")
assert not in_program() and project_name() is None  # though pulumi is imported

class Mocks(pulumi.runtime.Mocks):
    seen = []
    def new_resource(self, args):
        self.seen.append((args.typ, args.name))
        return f"{{args.name}}-id", args.inputs
    def call(self, args):
        return {{}}

pulumi.runtime.set_mocks(Mocks(), project="shop", stack="prod")
assert in_program() and project_name() == "shop"
late = env.object_storage("late")

def native(one):
    return pulumi.runtime.test(lambda: one.native.id.apply(lambda found: found))()

native(late)
assert "prod-early" not in [name for _, name in Mocks.seen]
native(early)
assert early.native is early.native
assert {{"prod-early", "prod-late"}} <= {{name for _, name in Mocks.seen}}
assert len([kind for kind, _ in Mocks.seen if kind.startswith("pulumi:providers:")]) == 1
"""
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def test_inside_a_program_each_kind_is_registered_at_once(self) -> None:
        env: List[Environment] = []

        def declare() -> None:
            env.append(self.environment())
            self.declare_all(env[0])
            for key, resource in env[0].resources.items():
                native = resource.native
                assert (native is None) == key.startswith("schedule"), key

        told = self.told(declare)
        for name in ("lake", "call", "shop", "key"):
            assert [row for row in told.rows if row.name == f"dev-{name}"], name

    def test_what_is_registered_is_the_same_each_time(self) -> None:
        first, second = [self.told(lambda: self.declare_all(self.environment())) for _ in range(2)]
        assert first == second

    def test_every_kind_is_tagged(self) -> None:
        told = self.told(lambda: self.declare_all(self.environment()))
        for name in ("lake", "call", "shop", "key"):
            tags = [self.tags_of(row) for row in told.rows if row.name == f"dev-{name}"]
            found = [one for one in tags if one is not None]
            assert found, name
            for one in found:
                assert {key: one.get(key) for key in TAGS} == TAGS

    def test_two_environments_live_in_one_program(self) -> None:
        def declare() -> None:
            self.declare_all(self.environment("dev"))
            self.declare_all(self.environment("prod"))

        told = self.told(declare)
        keys = [(row.type, row.name, row.parent) for row in told.rows]
        assert len(keys) == len(set(keys))

    def test_what_two_environments_have_is_called_differently(self) -> None:
        def declare() -> None:
            self.declare_all(self.environment("dev"))
            self.declare_all(self.environment("prod"))

        told = self.told(declare)
        for kind in KINDS:
            called = [name for one, _, name in told.names if one == kind]
            assert len(called) == len(set(called)) == 2, kind

    def test_names_that_no_cloud_takes_become_ones_that_it_does(self) -> None:
        names = ("a", "A", "a_b", "a.b", "0", "x" * 128, "X" * 128)

        def declare() -> None:
            env = self.environment()
            for name in names:
                env.object_storage(name)
                env.database(name)
                env.serverless(name, handler="index.handler", code=...)
                env.secret(name)

        told = self.told(declare)
        for kind in KINDS:
            called = [name for one, _, name in told.names if one == kind]
            assert len(set(called)) == len(names), kind

    def test_an_unknown_option_of_the_provider_names_the_nearest(self) -> None:
        def declare() -> None:
            self.environment().object_storage("lake", options={"tagz": {}})

        told = str(caught(UnknownOption, lambda: self.told(declare)))
        assert "dev.object_storage('lake'" in told
        assert "'tagz'" in told

    def test_what_cannot_be_real_is_synthesised_and_not_deployed(self) -> None:
        provider = self.make_doubtful()
        env = self.environment(provider=provider)
        pipeline, raw = Pipeline("contract"), Dataset("raw", storage=env.object_storage("lake"))

        @pipeline.task
        def extract() -> Annotated[object, raw]:
            return [1]

        found = env.synth(pipeline)
        assert found.resources
        assert set(provider.doubts()) <= set(found.warnings)
        if provider.needs_program:
            assert provider.doubts()[0] in str(
                caught(UnrealProvider, lambda: env.preview(pipeline))
            )
            assert provider.doubts()[0] in str(caught(UnrealProvider, lambda: env.deploy(pipeline)))

    def test_a_native_resource_is_taken_for_a_storage(self) -> None:
        def declare() -> None:
            lake = self.environment().object_storage("lake")
            raw = Dataset("raw", storage=lake.native)
            assert raw.resource is not None
            assert raw.resource.kind == "object_storage"
            assert raw.resource.native is lake.native
            assert raw.resource.token in self.make_provider().adopts

        self.told(declare)

    def test_an_object_storage_has_an_address_or_none(self) -> None:
        provider = self.make_provider()
        address_of, here = type(provider).address_of, provider.location  # raw ones ask the class
        for token, kind in provider.adopts.items():
            for native_id in self.storage_ids:
                address = address_of(token, native_id, here)
                assert (address is None) == (kind != "object_storage"), token
                if address is not None:
                    assert ObjectStorage("lake", url=address).url == address
        for token in ("", "pulumi:pulumi:Stack"):
            assert address_of(token, "lake", here) is None

    def test_a_provider_that_is_used_as_an_environment_says_how_to_make_one(self) -> None:
        provider: Any = self.make_provider()
        told = str(caught(NotAnEnvironment, lambda: provider.object_storage("lake")))
        assert f"Environment({type(provider).__name__}" in told
        assert not hasattr(provider, "nothing_of_this_name")
