"""`shipway invoke --repeat`: many requests, one summary, and the exit code of the worst answer."""

import json
from pathlib import Path

import pytest

import transcript
from fakes import FakeTarget


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shipway.toml").write_text('name = "tiny"\n')
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def live() -> FakeTarget:
    """A target with a release that answers."""
    fake = FakeTarget()
    transcript.call(fake, ["start", "--until-asked", "--by", "ada"])
    transcript.call(fake, ["approve", "--by", "bob", "--follow"])
    return fake


def test_statuses_are_counted(live: FakeTarget) -> None:
    said = transcript.call(live, ["invoke", "--repeat", "20", "--json"], b"1,2\n")
    told = json.loads(said.out)
    assert (said.code, told["requests"], told["statuses"]) == (0, 20, {"200": 20})
    assert 0 <= told["p50_ms"] <= told["p95_ms"]


@pytest.mark.parametrize(("status", "code"), [(400, 2), (502, 3)])
def test_the_worst_answer_decides(live: FakeTarget, status: int, code: int) -> None:
    statuses = iter([200, status, *[200] * 8])
    live.respond = lambda _body, _kind: (next(statuses), b"{}")
    said = transcript.call(live, ["invoke", "--repeat", "10"], b"1,2\n")
    assert said.code == code
    assert f"1 of status {status}" in said.out
    assert "9 of status 200" in said.out
