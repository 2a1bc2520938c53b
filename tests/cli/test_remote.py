"""The command line towards a control plane elsewhere, and who may use one."""

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from console_server import Browser, console
from fake_captures import URI
from fakes import FakeTarget
from shipway.cli.main import main
from shipway.cli.session import World
from shipway.console.doors import Access
from shipway.domain.people import Role
from shipway.domain.pipeline import Cause

PASSWORD = "correct horse battery"


@pytest.fixture
def fake() -> FakeTarget:
    """A target that has started something."""
    made = FakeTarget()
    made.up()
    made.start(Cause(by="ada"))
    return made


@pytest.fixture
def there(fake: FakeTarget) -> Iterator[Browser]:
    """Its control plane, where everybody has to log in."""
    fake.people.add("ada", Role.ADMIN, "", by="test")
    with console(fake, fake.people, Access(secret=b"x")) as found:
        yield found


def test_a_verb_talks_to_a_control_plane_elsewhere(
    there: Browser, fake: FakeTarget, capsys: pytest.CaptureFixture[str]
) -> None:
    token = fake.people.create_token("ada", "laptop", Role.APPROVER, by="ada")
    assert main(["--url", there.url, "--token", token, "executions"]) == 0
    assert "tiny-1" in capsys.readouterr().out
    assert main(["executions", "stop", "--by", "mallory", "--url", there.url, "--token", token]) == 0
    assert fake.log[-1].by == "ada"


def test_what_is_captured_elsewhere_is_counted_shown_and_exported(
    there: Browser, fake: FakeTarget, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    token, file = fake.people.create_token("ada", "laptop", Role.APPROVER, by="ada"), tmp_path / "rows.parquet"
    for verb, told in [
        (["counts"], "tiny-prod-1  2        1"),
        (["list"], URI),
        (["show", "b-2-r1"], 'answered, application/json:\n  {"label": "cat"}'),
        (["export", str(file), "--start", "2026-03-01", "--end", "2026-03-02"], "1 row of 2 records in"),
    ]:
        assert main(["--url", there.url, "--token", token, "capture", *verb]) == 0
        assert told in capsys.readouterr().out
    assert file.read_bytes().startswith(b"PAR1")


def test_address_and_token_come_from_the_environment_too(
    there: Browser, fake: FakeTarget, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHIPWAY_URL", there.url)
    monkeypatch.setenv("SHIPWAY_TOKEN", fake.people.create_token("ada", "laptop", Role.VIEWER, by="ada"))
    assert main(["executions", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["id"] == "tiny-1"


@pytest.mark.parametrize(
    ("words", "code", "kind"),
    [
        (["executions", "--token", "swt_guessed"], 2, "LoginNeeded"),
        (["executions"], 2, "LoginNeeded"),
        (["executions", "show", "tiny-9"], 4, "ExecutionNotFound"),
        (["executions", "stop"], 5, "RoleTooLow"),
        (["capture", "show", "a-1"], 5, "RoleTooLow"),
        (["capture", "export", "rows.parquet"], 5, "RoleTooLow"),
        (["down"], 2, "OnlyThere"),
    ],
)
def test_its_errors_are_errors_here(
    there: Browser, fake: FakeTarget, capsys: pytest.CaptureFixture[str], words: list[str], code: int, kind: str
) -> None:
    token = fake.people.create_token("ada", "laptop", Role.VIEWER, by="ada")
    own = [] if kind == "LoginNeeded" else ["--token", token]
    assert main(["--url", there.url, *words, *own, "--json"]) == code
    assert json.loads(capsys.readouterr().err)["error"]["kind"] == kind


@pytest.mark.parametrize(
    ("url", "code", "kind"),
    [
        ("ftp://ship.example", 2, "AddressInvalid"),
        ("ship.example", 2, "AddressInvalid"),
        ("http://ship.example", 2, "AddressInvalid"),
        ("http://127.0.0.1:9", 4, "Unreachable"),
    ],
)
def test_an_address_that_leads_nowhere_is_told(
    capsys: pytest.CaptureFixture[str], url: str, code: int, kind: str
) -> None:
    assert main(["--url", url, "--token", "swt_x", "executions", "--json"]) == code
    assert json.loads(capsys.readouterr().err)["error"]["kind"] == kind


def test_people_and_tokens_by_verbs(
    fake: FakeTarget, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    world = World(target=lambda *_: fake, now=lambda: fake.now)
    here = ["--project", str(tmp_path)]
    (tmp_path / "shipway.toml").write_text('name = "tiny"\n')  # type: ignore[operator]
    assert main([*here, "people"], world) == 0
    assert "nobody" in capsys.readouterr().out
    monkeypatch.setattr(sys, "stdin", io.StringIO(PASSWORD + "\n"))
    assert main([*here, "people", "add", "ada", "--role", "admin"], world) == 0
    assert fake.people.login("ada", PASSWORD, "here")
    assert main([*here, "people", "change", "ada", "--role", "viewer"], world) == 5  # the last admin
    assert main([*here, "tokens", "create", "ada", "ci", "--json"], world) == 0
    assert main([*here, "tokens"], world) == 0
    identity = fake.people.tokens()[0].id
    assert identity in capsys.readouterr().out
    assert main([*here, "tokens", "revoke", identity], world) == 0
    assert main([*here, "people", "remove", "ada"], world) == 0
    assert fake.people.open
