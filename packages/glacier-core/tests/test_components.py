"""Options in the arguments of native resources, whose classes have a property for each."""

from __future__ import annotations

from typing import Any, Mapping, Optional

import pytest

from glacier.core.components import set_options
from glacier.core.contracts.providers import Site
from glacier.core.errors import InvalidOption, UnknownOption
from glacier.core.specs import DatabaseSpec


class NetArgs:
    def __init__(self) -> None:
        self._public = False
        self._tls = True

    @property
    def public(self) -> bool:
        return self._public

    @public.setter
    def public(self, value: bool) -> None:
        self._public = value

    @property
    def tls(self) -> bool:
        return self._tls


class ServerArgs:
    """Some labels, a group of arguments, and one that is not set."""

    def __init__(self) -> None:
        self._labels: Mapping[str, str] = {"environment": "prod"}
        self._net: Any = NetArgs()
        self._extra: Optional[Mapping[str, int]] = None

    @property
    def labels(self) -> Mapping[str, str]:
        return self._labels

    @labels.setter
    def labels(self, value: Mapping[str, str]) -> None:
        self._labels = value

    @property
    def net(self) -> Any:
        return self._net

    @net.setter
    def net(self, value: Any) -> None:
        self._net = value

    @property
    def extra(self) -> Optional[Mapping[str, int]]:
        return self._extra

    @extra.setter
    def extra(self, value: Optional[Mapping[str, int]]) -> None:
        self._extra = value


def given(options: Mapping[str, Any]) -> ServerArgs:
    arguments = ServerArgs()
    site = Site(environment="prod", pipeline="etl", tags={})
    set_options(arguments, DatabaseSpec("shop", options=options), site, labels="labels")
    return arguments


def test_a_mapping_changes_what_it_names_in_a_group() -> None:
    made = given({"net": {"public": True}})
    assert (made.net.public, made.net.tls) == (True, True)


def test_a_group_of_its_own_takes_the_place_of_it() -> None:
    own = NetArgs()
    assert given({"net": own}).net is own


def test_what_is_no_group_is_put_in_as_it_is() -> None:
    assert given({"extra": {"one": 1}}).extra == {"one": 1}
    assert given({"net": None}).net is None


def test_labels_are_added() -> None:
    assert given({"labels": {"cost": "7"}}).labels == {"environment": "prod", "cost": "7"}


def test_labels_that_are_no_mapping_are_refused() -> None:
    with pytest.raises(InvalidOption, match=r"labels= is 'cost' \(a str\)\. Give a mapping"):
        given({"labels": "cost"})


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"nat": {}}, r"'nat'.*Did you mean 'net'.*Server\b"),
        ({"net": {"pubic": True}}, r"'pubic'.*Did you mean 'public'.*Net\b"),
    ],
)
def test_an_unknown_one_names_the_nearest_of_its_group(options: Any, told: str) -> None:
    with pytest.raises(UnknownOption, match=told) as caught:
        given(options)
    assert "prod.database('shop', options=" in str(caught.value)
