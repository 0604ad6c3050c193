"""How buckets are reached: addresses, connections, and what an environment says."""

from __future__ import annotations

import socket
from datetime import timedelta
from typing import Optional

import pytest

from glacier.core.errors import StoreError
from glacier.core.stores.connecting import client_settings, is_reachable, is_true, split_bucket


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("s3://lake", ("lake", "")),
        ("gs://lake/", ("lake", "")),
        ("s3://lake/etl/raw/", ("lake", "etl/raw")),
    ],
)
def test_an_address_has_a_bucket_and_perhaps_a_prefix(address: str, found: object) -> None:
    assert split_bucket(address) == found


@pytest.mark.parametrize("address", ["s3://", "s3:///etl", "s3://me@lake", "s3://lake:80/etl"])
def test_what_names_no_bucket_is_told_with_its_own_scheme(address: str) -> None:
    with pytest.raises(StoreError, match=r"names no bucket\. Write s3://bucket/prefix"):
        split_bucket(address)


@pytest.mark.parametrize(
    ("endpoint", "without_tls", "plain"),
    [
        (None, False, False),
        ("https://host", False, False),
        ("http://host", False, True),
        (None, True, True),
    ],
)
def test_only_what_says_so_is_reached_without_tls(
    endpoint: Optional[str], without_tls: bool, plain: bool
) -> None:
    told = client_settings(5.0, endpoint=endpoint, without_tls=without_tls)
    assert told["client_options"]["allow_http"] is plain
    assert told["client_options"]["timeout"] == timedelta(seconds=5)


def test_a_variable_says_yes_in_the_usual_words() -> None:
    assert all(map(is_true, ["1", "true", " TRUE ", "yes", "on", "y"]))
    assert not any(map(is_true, [None, "", "0", "false", "no", "off"]))


def test_whether_somebody_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        assert is_reachable(host, port)
    assert not is_reachable(host, port)
