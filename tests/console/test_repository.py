"""The project's repository at /git/: a real git clones and pushes, and nobody else gets anything."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from console_server import Browser, console
from fakes import FakeTarget
from shipway.console import repository as pages
from shipway.console.doors import Access
from shipway.domain.people import Role
from shipway.targets.local import audit
from shipway.targets.local.home import Home
from shipway.targets.local.people import LocalPeople
from shipway.targets.local.repository import LocalRepository

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not here, and the product does without it")
PASSWORD = "correct horse battery"
PUSH = {"content-type": "application/x-git-receive-pack-request"}


@dataclass
class Place:
    """A project that shares its repository. tokens: by role."""

    folder: Path
    home: Home
    browser: Browser
    tokens: dict[str, str]

    def url(self, role: str) -> str:
        return f"{self.browser.url}/git/".replace("http://", f"http://x:{self.tokens.get(role, 'swt_guessed')}@")

    def audited(self) -> list[tuple[str, str]]:
        return [(each.by, each.subject) for each in audit.entries(self.home.connection) if each.action == "push"]


@pytest.fixture
def place(tmp_path: Path, fake: FakeTarget) -> Iterator[Place]:
    folder, home = tmp_path / "tiny", Home(tmp_path / "tiny" / ".shipway")
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / ".gitignore").write_text(".shipway/\n")
    (folder / "notes.md").write_text("begin\n")
    commit(folder)
    git(folder, "config", "receive.denyCurrentBranch", "updateInstead")
    people = LocalPeople(home)
    for role in reversed(Role):
        people.add(role.value, role, PASSWORD, by="test")
    tokens = {role.value: people.create_token(role.value, "git", role, by="test") for role in Role}
    with console(fake, people, Access(secret=b"forms"), repository=LocalRepository(home, folder)) as browser:
        yield Place(folder, home, browser, tokens)


def git(folder: Path, *words: str, code: int = 0) -> str:
    """Run git as somebody at another machine does; return what it says."""
    settings = ("-c", "user.name=ada", "-c", "user.email=ada@example.org", "-c", "credential.helper=")
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(
        ["git", *settings, "-C", str(folder), *words],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=60,
    )
    assert (done.returncode != 0) is bool(code), (words, done.stderr)
    return (done.stdout + done.stderr).strip()


def commit(folder: Path) -> str:
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "change")
    return git(folder, "rev-parse", "HEAD")


def test_an_admin_clones_and_pushes(place: Place, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", place.url("admin"), "copy")
    copy = tmp_path / "copy"
    (copy / "notes.md").write_text("from elsewhere\n")
    (copy / "large.bin").write_bytes(os.urandom(3 << 20))  # more than git sends without asking first
    made = commit(copy)
    git(copy, "push", "--quiet", "origin", "main")
    assert git(place.folder, "rev-parse", "HEAD") == made
    assert (place.folder / "notes.md").read_text() == "from elsewhere\n"
    assert place.audited() == [("admin", "refs/heads/main")]


@pytest.mark.parametrize("role", ["viewer", "approver"])
def test_others_clone_and_do_not_push(place: Place, tmp_path: Path, role: str) -> None:
    git(tmp_path, "clone", "--quiet", place.url(role), "copy")
    before = git(place.folder, "rev-parse", "HEAD")
    (tmp_path / "copy" / "notes.md").write_text("mine\n")
    commit(tmp_path / "copy")
    assert "403" in git(tmp_path / "copy", "push", "origin", "main", code=1)
    assert git(place.folder, "rev-parse", "HEAD") == before
    assert place.audited() == []


def test_without_a_good_token_there_is_nothing(place: Place, tmp_path: Path) -> None:
    assert "Authentication failed" in git(tmp_path, "clone", place.url("nobody"), "copy", code=1)
    told = place.browser.ask("GET", "/git/info/refs?service=git-upload-pack")
    assert (told.status, told.headers["www-authenticate"].partition(" ")[0]) == (401, "Basic")
    with_password = {
        "authorization": "Basic YXBwcm92ZXI6Y29ycmVjdCBob3JzZSBiYXR0ZXJ5"
    }  # a person's password is no token
    assert place.browser.ask("GET", "/git/info/refs?service=git-upload-pack", None, **with_password).status == 401


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/git/HEAD", {}),
        ("GET", "/git/objects/info/packs", {}),
        ("GET", "/git/config", {}),
        ("GET", "/git/../tiny/.git/config", {}),
        ("GET", "/git/info/refs", {}),
        ("GET", "/git/info/refs?service=git-upload-archive", {}),
        ("POST", "/git/git-upload-archive", PUSH),
        ("POST", "/git/git-receive-pack", {"content-type": "text/plain"}),
        ("PUT", "/git/git-receive-pack", PUSH),
    ],
)
def test_only_the_smart_protocol_is_answered(place: Place, method: str, path: str, headers: dict[str, str]) -> None:
    known = {"authorization": f"Bearer {place.tokens['admin']}"}
    assert place.browser.ask(method, path, b"0000" if method != "GET" else None, **known, **headers).status == 404


def test_a_page_of_another_site_pushes_nothing(place: Place) -> None:
    known = {"authorization": f"Bearer {place.tokens['admin']}", **PUSH}
    for elsewhere in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert place.browser.ask("POST", "/git/git-receive-pack", b"0000", **known, **elsewhere).status == 403
    assert place.browser.ask("POST", "/git/git-receive-pack", b"0000", **known, host="evil.example").status == 421


def test_a_push_has_a_size(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "LARGEST", 100)
    known = {"authorization": f"Bearer {place.tokens['admin']}", **PUSH}
    assert place.browser.ask("POST", "/git/git-receive-pack", b"0" * 101, **known).status == 413


def test_what_is_not_shared_or_not_there_is_told(place: Place, fake: FakeTarget, tmp_path: Path) -> None:
    known = {"authorization": f"Bearer {place.tokens['admin']}"}
    shutil.rmtree(place.folder / ".git")
    told = place.browser.ask("GET", "/git/info/refs?service=git-upload-pack", None, **known)
    assert (told.status, b"git init" in told.body) == (404, True)
    with console(fake, LocalPeople(place.home), Access(secret=b"forms")) as browser:
        told = browser.ask("GET", "/git/info/refs?service=git-upload-pack", None, **known)
        assert (told.status, b"[console] git = true" in told.body) == (404, True)
