"""Recent requests: bounded, private, and never at a caller's expense."""

import base64
import json
from pathlib import Path

from shipway.domain.function import HttpAnswer, HttpRequest
from shipway.domain.traffic import CLIENT
from shipway.runtime.function_host.recent import EVERY, LARGEST, Recent

ANSWER = HttpAnswer(status=200, headers=(("Content-Type", "text/csv"),), body=b"0.5\n")


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def request(body: bytes = b"1,2\n", **headers: str) -> HttpRequest:
    known = {CLIENT: "alice", "Content-Type": "text/csv", "Authorization": "secret", **headers}
    return HttpRequest(method="POST", target="/api?x=1", headers=list(known.items()), body=body)


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_a_request_is_kept_with_its_answer_and_without_secrets(tmp_path: Path) -> None:
    Recent(tmp_path, 5, "3").keep(request(), ANSWER)
    (file,) = files(tmp_path)
    assert json.loads(file.read_text()) == {
        "version": "3",
        "target": "/api?x=1",
        "content-type": "text/csv",
        "accept": "",
        "body": base64.b64encode(b"1,2\n").decode(),
        "status": 200,
        "answer-type": "text/csv",
        "answer": base64.b64encode(b"0.5\n").decode(),
    }
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_oldest_go(tmp_path: Path) -> None:
    clock = Clock()
    recent = Recent(tmp_path, 3, "3", clock)
    for number in range(8):
        clock.now += EVERY
        recent.keep(request(b"%d" % number), ANSWER)
    bodies = [base64.b64decode(json.loads(file.read_text())["body"]) for file in files(tmp_path)]
    assert bodies == [b"5", b"6", b"7"]


def test_many_requests_do_not_pay(tmp_path: Path) -> None:
    clock = Clock()
    recent = Recent(tmp_path, 100, "3", clock)
    for _ in range(50):
        recent.keep(request(), ANSWER)
        clock.now += EVERY / 10
    assert len(files(tmp_path)) == 5


def test_what_is_large_or_not_a_callers_is_not_kept(tmp_path: Path) -> None:
    recent = Recent(tmp_path, 5, "3")
    recent.keep(request(b"x" * (LARGEST + 1)), ANSWER)
    recent.keep(HttpRequest(method="POST", target="/api", headers=[], body=b"replayed"), ANSWER)
    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_written_hurts_nobody(tmp_path: Path) -> None:
    Recent(tmp_path / "gone", 5, "3").keep(request(), ANSWER)
