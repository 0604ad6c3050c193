"""Data behind a URL, from a real server."""

from __future__ import annotations

import gzip
import json
import socket
import sys
import threading
from base64 import b64decode
from email.utils import formatdate
from pathlib import Path
from typing import Any, Iterator

import pytest
from web_server import OLD, Answer, Web, serving

from glacier.core.errors import (
    ChangedExternal,
    InvalidExternal,
    MissingExternal,
    UnreachableExternal,
)
from glacier.core.external import Source, read_external, resolve
from glacier.core.external import web as web_module

pytestmark = pytest.mark.skipif(sys.platform == "emscripten", reason="WebAssembly has no sockets")

ROWS = [{"n": 1}, {"n": 2}]
BODY = json.dumps(ROWS).encode()


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as server:
        yield server


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def read(source: Source, scratch: Path, wanted: Any = None) -> Any:
    return read_external(source, scratch=str(scratch), wanted=wanted)


def test_a_url_is_downloaded_when_it_is_read(web: Web, scratch: Path) -> None:
    url = web.page("/a/orders.json", BODY, ETag='"1"')

    source = resolve(f"{url}?page=2")

    assert web.asked == [("HEAD", "/a/orders.json?page=2")]
    assert (source.kind, source.format, source.version) == ("url", "json", 'etag:"1"')
    assert read(source, scratch) == ROWS
    assert list(read(source, scratch, Iterator[dict])) == ROWS
    assert list(scratch.iterdir()) == []
    path = read(source, scratch, Path)
    assert (path.name, path.read_bytes()) == ("orders.json", BODY)


def test_packed_data_are_unpacked_whoever_packed_them(web: Web, scratch: Path) -> None:
    packed = gzip.compress(BODY)
    file = web.page("/orders.json.gz", packed, ETag='"1"')
    way = web.page("/orders", packed, Content_Encoding="gzip", Content_Type="application/json")
    both = web.page("/both.json.gz", packed, Content_Encoding="gzip", ETag='"1"')
    odd = web.page("/odd.json", packed, Content_Encoding="br", ETag='"1"')

    assert read(resolve(file), scratch) == ROWS
    assert read(resolve(way), scratch) == ROWS
    assert read(resolve(both), scratch) == ROWS
    with pytest.raises(UnreachableExternal, match="the server sends it packed as 'br'"):
        read(resolve(odd), scratch)


def test_the_format_is_told_by_the_name_then_by_the_server(web: Web, scratch: Path) -> None:
    typed = web.page("/api/orders", BODY, Content_Type="application/json; charset=utf-8")
    plain = web.page("/orders.json", BODY, Content_Type="text/plain")
    untold = web.page("/api/other", BODY)

    assert read(resolve(typed), scratch) == ROWS
    assert read(resolve(plain), scratch) == ROWS
    assert read(resolve(untold, format="json"), scratch) == ROWS
    with pytest.raises(InvalidExternal, match="nothing tells its format"):
        read(resolve(untold), scratch)


# --- versions -------------------------------------------------------------------------------------


def test_the_version_is_what_tells_a_change(web: Web) -> None:
    tagged = web.page("/tagged", b"1", ETag='W/"7"', Last_Modified=OLD)
    dated = web.page("/dated", b"1", Last_Modified=OLD)
    fresh = web.page("/fresh", b"1", Last_Modified=formatdate(usegmt=True))
    mute = web.page("/mute", b"1")

    assert resolve(tagged).version == 'etag:W/"7"'
    assert resolve(dated).version == f"modified:{OLD}, 1 bytes"
    for url in (fresh, mute):
        before = resolve(url)
        assert before.version.startswith("sha256:")
        web.page(url[len(web.url("")) :], b"2")
        assert resolve(url).version != before.version


def test_data_that_change_after_the_run_began_are_refused(web: Web, scratch: Path) -> None:
    tagged = resolve(web.page("/a.json", BODY, ETag='"1"'))
    dated = resolve(web.page("/b.json", BODY, Last_Modified=OLD))
    mute = resolve(web.page("/c.json", BODY))
    given = resolve(web.page("/d.json", BODY, ETag='"1"'), version="v1")
    web.page("/a.json", BODY, ETag='"2"')
    web.page("/b.json", BODY + b" ", Last_Modified=OLD)
    web.page("/c.json", BODY + b" ")
    web.page("/d.json", BODY + b" ", ETag='"2"')

    for source in (tagged, dated, mute):
        with pytest.raises(ChangedExternal, match="other data than when the run began"):
            read(source, scratch)
    assert read(given, scratch) == ROWS
    assert list(scratch.iterdir()) == []


def test_a_server_that_knows_no_head_is_asked_by_get(web: Web, scratch: Path) -> None:
    def give(request: Any) -> Answer:
        return (405, {}, b"") if request.command == "HEAD" else (200, {"ETag": '"1"'}, BODY)

    source = resolve(web.call("/orders.json", give))

    assert source.version == 'etag:"1"'
    assert read(source, scratch) == ROWS


def test_a_server_may_tell_the_size_only_with_the_data(web: Web, scratch: Path) -> None:
    def give(request: Any) -> Answer:
        head = {"Content-Length": "unknown"} if request.command == "HEAD" else {}
        return 200, {"Last-Modified": OLD, **head}, BODY

    assert read(resolve(web.call("/orders.json", give)), scratch) == ROWS


# --- failures -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind", "text"),
    [
        (404, MissingExternal, "404 Not Found"),
        (403, UnreachableExternal, "403 Forbidden. Give a user and a password"),
        (500, UnreachableExternal, "500 Internal Server Error. Try again later"),
        (418, UnreachableExternal, "418"),
    ],
)
def test_what_the_server_refuses_is_named(web: Web, status: int, kind: Any, text: str) -> None:
    web.page("/orders.json", b"", status=status)

    with pytest.raises(kind, match=text) as caught:
        resolve(web.url("/orders.json?signature=hunter3", "me:hunter2@"))

    assert "hunter" not in str(caught.value)
    assert "me:***@127.0.0.1" in str(caught.value)


def test_a_server_that_is_not_there_or_is_silent_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(UnreachableExternal, match=r"does not answer.*refused"):
            resolve(f"http://127.0.0.1:{taken.getsockname()[1]}/orders.json")
        monkeypatch.setattr(web_module, "_TIMEOUT", 0.05)
        taken.listen()
        with pytest.raises(UnreachableExternal, match=r"does not answer.*timed out"):
            resolve(f"http://127.0.0.1:{taken.getsockname()[1]}/orders.json")
    with pytest.raises(InvalidExternal, match="it names no host"):
        resolve("https:///orders.json")


def test_a_download_that_breaks_off_is_no_data(scratch: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            for _ in range(2):
                client, _ = server.accept()
                with client:
                    client.recv(65_536)
                    head = b'HTTP/1.0 200 OK\r\nETag: "1"\r\nContent-Length: 99\r\n\r\n'
                    client.sendall(head + b"[1, 2")

        thread = threading.Thread(target=answer)
        thread.start()
        source = resolve(f"http://127.0.0.1:{server.getsockname()[1]}/orders.json")
        with pytest.raises(UnreachableExternal, match="it broke off after 5 of 99 bytes"):
            read(source, scratch)
        thread.join()
    assert list(scratch.iterdir()) == []


def test_credentials_are_sent_to_this_server_alone(web: Web, scratch: Path) -> None:
    seen = {}

    def give(name: str) -> Any:
        def answer(request: Any) -> Answer:
            seen[name] = request.headers.get("Authorization")
            if name == "first":
                return 302, {"Location": web.url("/second.json")}, b""
            return 200, {"ETag": '"1"'}, BODY

        return answer

    web.call("/first.json", give("first"))
    web.call("/second.json", give("second"))

    source = resolve(web.url("/first.json", user="me:p%40ss@"))

    assert read(source, scratch) == ROWS
    assert b64decode(seen["first"].partition(" ")[2]) == b"me:p@ss"
    assert seen["second"] is None
    assert "p%40ss" not in repr(source)
    assert "p%40ss" not in repr(source.parts)


def test_a_redirection_never_leads_to_files(web: Web, tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text("[1]")
    for place in ((tmp_path / "secret.json").as_uri(), "ftp://127.0.0.1:9/x"):
        url = web.page("/orders.json", b"", status=302, Location=place)
        with pytest.raises(UnreachableExternal):
            resolve(url)
