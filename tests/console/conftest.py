"""A console over the target in memory: one where nobody logs in, one with three people."""

from collections.abc import Iterator

import pytest

from console_server import Browser, console
from fakes import FakeTarget
from shipway.console.doors import Access
from shipway.domain.people import Role
from shipway.targets.local import people as local_people
from shipway.targets.local.people import LocalPeople

PASSWORD = "correct horse battery"
SECRET = b"forms"


@pytest.fixture(autouse=True)
def _quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing that takes no time; tests/local/test_people.py has the real one."""
    monkeypatch.setattr(local_people, "protect", lambda password: f"plain {password}")
    monkeypatch.setattr(local_people, "matches", lambda kept, password: kept == f"plain {password}")


@pytest.fixture
def fake() -> FakeTarget:
    """A target on which nothing has run."""
    return FakeTarget()


@pytest.fixture
def browser(fake: FakeTarget) -> Iterator[Browser]:
    """Somebody at the machine itself, who need not log in."""
    with console(fake, fake.people, Access(secret=SECRET)) as found:
        yield found


@pytest.fixture
def guarded(fake: FakeTarget) -> Iterator[dict[str, Browser]]:
    """One browser a role with an API token, and "nobody"."""
    people: LocalPeople = fake.people
    with console(fake, people, Access(secret=SECRET)) as found:
        browsers = {"nobody": found}
        for role in reversed(Role):
            people.add(role.value, role, PASSWORD, by="test")
            token = people.create_token(role.value, "test", role, by="test")
            browsers[role.value] = Browser(found.url, {"authorization": f"Bearer {token}"})
        yield browsers
