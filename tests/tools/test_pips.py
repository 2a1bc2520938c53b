"""pip's settings of the machine are honoured, and pip itself is only taken when it is the right one."""

import hashlib
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import environment
import pips
import pytest


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user with a home of their own and no settings of pip."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("PIP_INDEX_URL", "PIP_CERT", "PIP_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_the_environment_comes_before_the_files(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = user / ".config" / "pip" / "pip.conf"
    settings.parent.mkdir(parents=True)
    settings.write_text("[global]\nindex-url = http://file.test/simple\n")
    assert pips.option("index-url") == "http://file.test/simple"
    monkeypatch.setenv("PIP_INDEX_URL", "http://environment.test/simple")
    assert pips.option("index-url") == "http://environment.test/simple"


def test_a_broken_settings_file_is_nobodys_problem(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (user / "broken.conf").write_text("index-url without a section\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(user / "broken.conf"))
    assert pips.option("index-url") == ""


def test_uv_gets_the_index_and_the_certificates_of_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://environment.test/simple")
    monkeypatch.setenv("PIP_CERT", "/certificates.pem")
    given = pips.for_uv({"PATH": "/bin"})
    assert given["UV_DEFAULT_INDEX"] == "http://environment.test/simple"
    assert given["SSL_CERT_FILE"] == "/certificates.pem"
    assert pips.for_uv({"UV_DEFAULT_INDEX": "http://own.test"})["UV_DEFAULT_INDEX"] == "http://own.test"


def test_settings_that_point_elsewhere_are_left_out() -> None:
    assert "PIP_TARGET" not in pips.settings({"PIP_TARGET": "/elsewhere", "PIP_CERT": "/kept"})
    assert pips.settings({"PIP_CERT": "/kept"})["PIP_CERT"] == "/kept"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[str]:
    """The address of a package index with one file that calls itself pip."""
    page = tmp_path / "simple" / "pip"
    page.mkdir(parents=True)
    (page / pips.WHEEL).write_bytes(b"a wheel")
    (page / "index.html").write_text(f'<a href="../pip/{pips.WHEEL}#sha256=0">pip</a>')
    handler = partial(Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/simple"
        server.shutdown()
        thread.join()


class Quiet(SimpleHTTPRequestHandler):
    """A server of files that does not talk about it."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


def test_the_pinned_wheel_is_fetched_from_the_index(index: str, tmp_path: Path) -> None:
    target = tmp_path / pips.WHEEL
    assert pips.fetch(index, target, hashlib.sha256(b"a wheel").hexdigest())
    assert target.read_bytes() == b"a wheel"


def test_a_wheel_with_another_checksum_is_not_taken(index: str, tmp_path: Path) -> None:
    target = tmp_path / pips.WHEEL
    assert not pips.fetch(index, target)
    assert not target.exists()


@pytest.mark.parametrize("address", ["", "ftp://one.test/simple", "http://127.0.0.1:9/simple"])
def test_an_index_that_does_not_answer_is_no_error(address: str, tmp_path: Path) -> None:
    assert not pips.fetch(address, tmp_path / pips.WHEEL)


def test_only_the_asked_package_is_taken_from_a_lock_file() -> None:
    wanted = "uv==2 \\\n    --hash=sha256:1 \\\n    --hash=sha256:2\n"
    lock = "a==1 \\\n    --hash=sha256:0\n" + wanted + "uvloop==3 \\\n    --hash=sha256:4\n"
    assert environment.entries(lock, "uv") == wanted
