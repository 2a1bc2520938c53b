"""People of a home: real hashes, sessions that end, tokens that are kept as hashes, a limit on guesses."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shipway.domain.people import (
    PATIENCE,
    SESSION,
    TRIES,
    LastAdmin,
    LoginLimited,
    LoginRefused,
    PasswordUnfit,
    PersonExists,
    Role,
)
from shipway.targets.local import people as module
from shipway.targets.local.audit import entries
from shipway.targets.local.home import Home
from shipway.targets.local.people import LocalPeople

PASSWORD = "correct horse battery"


@pytest.fixture
def people(home: Path) -> LocalPeople:
    """The people of an empty home."""
    return LocalPeople(Home(home))


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Let time pass."""

    def pass_by(span: timedelta) -> None:
        moment = datetime.now(UTC) + span
        monkeypatch.setattr(module, "_now", lambda: moment)

    return pass_by


def test_a_password_is_kept_as_an_argon2_hash_and_lets_in(people: LocalPeople, home: Path) -> None:
    people.add("ada", Role.ADMIN, PASSWORD, by="root")
    kept = Home(home).connection.execute("SELECT password FROM people").fetchone()[0]
    assert kept.startswith("$argon2id$")
    person = people.person(people.login("ada", PASSWORD, "here"))
    assert person is not None
    assert (person.name, person.role) == ("ada", Role.ADMIN)


@pytest.mark.parametrize(("name", "password"), [("ada", "wrong password"), ("bob", PASSWORD), ("", ""), ("eve", "")])
def test_who_is_wrong_is_not_told_what(people: LocalPeople, name: str, password: str) -> None:
    people.add("ada", Role.ADMIN, PASSWORD, by="root")
    people.add("eve", Role.VIEWER, "", by="root")  # comes by an identity provider alone
    with pytest.raises(LoginRefused, match="this name with this password is not known"):
        people.login(name, password, "here")


def test_guessing_is_slowed_down_by_name_and_by_address(
    people: LocalPeople, later: Callable[[timedelta], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "matches", lambda kept, password: (kept, password)[1] == PASSWORD)
    people.add("ada", Role.ADMIN, PASSWORD, by="root")
    for number in range(TRIES):
        with pytest.raises(LoginRefused):
            people.login("ada", f"guess number {number}", "here")
    with pytest.raises(LoginLimited):
        people.login("ada", PASSWORD, "elsewhere")
    with pytest.raises(LoginLimited):
        people.login("bob", PASSWORD, "here")
    later(PATIENCE)
    assert people.login("ada", PASSWORD, "here")


def test_a_session_ends_by_time_by_logging_out_and_by_a_new_password(
    people: LocalPeople, later: Callable[[timedelta], None]
) -> None:
    people.add("ada", Role.ADMIN, PASSWORD, by="root")
    out, renewed, old = (people.login("ada", PASSWORD, "here") for _ in range(3))
    people.logout(out)
    assert people.person(out) is None
    assert people.person(renewed) is not None
    people.change("ada", password="another good one", by="ada")
    assert people.person(renewed) is None
    last = people.login("ada", "another good one", "here")
    later(SESSION)
    assert people.person(last) is None
    assert people.person(old) is None


def test_a_token_is_kept_as_a_hash_and_ends(
    people: LocalPeople, home: Path, later: Callable[[timedelta], None]
) -> None:
    people.add("ada", Role.APPROVER, "", by="root")
    expires = datetime.now(UTC) + timedelta(days=1)
    secret = people.create_token("ada", "ci", Role.ADMIN, by="ada", expires=expires)
    assert secret.encode() not in b"".join(path.read_bytes() for path in home.iterdir() if path.is_file())
    person = people.bearer(secret)
    assert person is not None
    assert person.role is Role.APPROVER  # the lesser of both
    assert [each.used is not None for each in people.tokens()] == [True]
    later(timedelta(days=1, seconds=1))
    assert people.bearer(secret) is None
    assert people.tokens() == []


def test_there_is_always_an_admin_while_there_is_anybody(people: LocalPeople) -> None:
    people.add("ada", Role.ADMIN, "", by="root")
    people.add("bob", Role.VIEWER, "", by="root")
    with pytest.raises(LastAdmin):
        people.change("ada", role=Role.VIEWER, by="ada")
    with pytest.raises(LastAdmin):
        people.remove("ada", by="ada")
    people.change("bob", role=Role.ADMIN, by="ada")
    people.remove("ada", by="bob")
    people.remove("bob", by="bob")  # the last one of all: then nobody has to log in
    assert people.open


def test_names_are_one_persons_and_passwords_are_long(people: LocalPeople) -> None:
    people.add("ada", Role.ADMIN, "", by="root")
    with pytest.raises(PersonExists):
        people.add("ada", Role.VIEWER, "", by="root")
    with pytest.raises(PasswordUnfit):
        people.add("bob", Role.VIEWER, "short", by="root")


def test_every_change_is_in_the_audit_log_and_no_secret_is(people: LocalPeople, home: Path) -> None:
    people.add("ada", Role.ADMIN, PASSWORD, by="root")
    people.change("ada", role=Role.ADMIN, password=PASSWORD + "!", by="ada")
    secret = people.create_token("ada", "ci", Role.VIEWER, by="ada")
    people.revoke_token(people.tokens()[0].id, by="ada")
    people.login("ada", PASSWORD + "!", "here")
    log = entries(Home(home).connection)
    assert [each.action for each in log] == ["add person", "change person", "create token", "revoke token", "log in"]
    told = " ".join(f"{each.subject} {each.reason}" for each in log)
    assert PASSWORD not in told
    assert secret not in told
