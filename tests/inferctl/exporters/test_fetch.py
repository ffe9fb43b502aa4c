"""Downloads: what arrives is checked, what does not is explained, and nothing half is left."""

from __future__ import annotations

import hashlib
import http.server
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from inferctl.exporters.fetch import fetch
from inferctl.exporters.origin import ExportError, Origin, Seed
from model_folders import PackageSource, SeedSource, UrlSource

BODY = bytes(range(256)) * 10_000
DIGEST = hashlib.sha256(BODY).hexdigest()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[str] = []
        self.silent = threading.Event()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{path}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self.server.requests.append(self.path)
        if self.path == "/gone.pth":
            self.send_error(404)
            return
        if self.path == "/moved.pth":
            self.send_response(302)
            self.send_header("Location", "/model.pth")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY[:1000])
        if self.path == "/silent.pth":
            self.server.silent.wait(20)
        elif self.path != "/cut.pth":
            self.wfile.write(BODY[1000:])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[_Server]:
    running = _Server()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.silent.set()
    running.shutdown()
    thread.join()
    running.server_close()


def _fetch(source: UrlSource | PackageSource | SeedSource, cache: Path) -> Origin:
    return fetch(source, cache, lambda _done, _total: None)


def _left(cache: Path) -> list[str]:
    return [str(path.relative_to(cache)) for path in cache.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", ["model.pth", "moved.pth"])
@pytest.mark.parametrize("digits", [8, 64])
def test_a_file_with_the_right_digest_or_prefix_is_kept(
    server: _Server, tmp_path: Path, name: str, digits: int
) -> None:
    seen: list[tuple[int, int | None]] = []
    source = UrlSource(url=server.url(name), sha256=DIGEST[:digits])

    path = fetch(source, tmp_path, lambda done, total: seen.append((done, total)))

    assert isinstance(path, Path)
    assert path.read_bytes() == BODY
    assert _left(tmp_path) == [f"downloads/{DIGEST[: min(digits, 16)]}-{name}"]
    assert seen[-1] == (len(BODY), len(BODY))
    assert len(seen) > 2


def test_a_kept_file_is_not_downloaded_again_unless_it_is_damaged(
    server: _Server, tmp_path: Path
) -> None:
    source = UrlSource(url=server.url("model.pth"), sha256=DIGEST)
    path = _fetch(source, tmp_path)
    assert isinstance(path, Path)

    _fetch(source, tmp_path)
    path.write_bytes(b"damaged")
    _fetch(source, tmp_path)

    assert server.requests == ["/model.pth", "/model.pth"]
    assert path.read_bytes() == BODY


@pytest.mark.parametrize(
    ("name", "digest", "message"),
    [
        ("model.pth", "0" * 8, f"must have sha256 00000000, got {DIGEST}"),
        ("gone.pth", DIGEST, "must be there, got HTTP 404 Not Found (check the address)"),
        ("cut.pth", DIGEST, f"of {len(BODY)} bytes (the connection broke; try again)"),
        ("silent.pth", DIGEST, "could not be downloaded: timed out (check the network"),
    ],
)
def test_a_failed_download_is_explained_and_leaves_nothing(
    server: _Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    digest: str,
    message: str,
) -> None:
    monkeypatch.setattr("inferctl.exporters.fetch.SILENCE_LIMIT", 0.3)

    with pytest.raises(ExportError) as caught:
        _fetch(UrlSource(url=server.url(name), sha256=digest), tmp_path)

    assert message in str(caught.value)
    assert str(caught.value).startswith(server.url(name))
    assert _left(tmp_path) == []


def test_a_server_that_refuses_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        ExportError, match=r"http://127\.0\.0\.1:1/m could not be downloaded: .*ref"
    ):
        _fetch(UrlSource(url="http://127.0.0.1:1/m", sha256=DIGEST), tmp_path)


def test_a_seed_needs_no_file(tmp_path: Path) -> None:
    assert _fetch(SeedSource(seed=3), tmp_path) == Seed(3)
    assert _left(tmp_path) == []


def _wheel(folder: Path) -> str:
    path = folder / "tiny_weights-1.0-py3-none-any.whl"
    information = "tiny_weights-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tiny/model.safetensors", b"weights")
        wheel.writestr(
            f"{information}/METADATA",
            "Metadata-Version: 2.1\nName: tiny-weights\n"
            "Version: 1.0\nRequires-Dist: not-on-any-index\n",
        )
        wheel.writestr(
            f"{information}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{information}/RECORD", "")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_package_is_downloaded_without_its_dependencies_and_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    index.mkdir()
    digest = _wheel(index)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    cache = tmp_path / "cache"

    path = _fetch(PackageSource(package="tiny-weights", version="1.0", sha256=digest), cache)

    assert _left(cache) == [f"wheels/{digest[:16]}-tiny-weights-1.0.whl"]
    assert isinstance(path, Path)
    with pytest.raises(ExportError) as caught:
        _fetch(PackageSource(package="tiny-weights", version="1.0", sha256="0" * 64), cache)
    assert str(caught.value).startswith(
        "package tiny-weights==1.0 could not be downloaded by pip: ERROR: THESE PACKAGES DO NOT"
    )
    assert len(_left(cache)) == 1
