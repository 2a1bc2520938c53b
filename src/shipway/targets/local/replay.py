"""Replay: recent real requests, sent to a new version's processes before any caller meets it."""

import base64
import http.client
import json
from pathlib import Path

from shipway.domain.errors import ShipwayError
from shipway.domain.function import INFERENCE_ID, TIME_LIMIT
from shipway.domain.replay import Answer, Outcome, Recorded, Report
from shipway.runtime.replay import Ask

ANSWER_SECONDS = TIME_LIMIT + 5


class ReplayFailed(ShipwayError):
    """The new version does not answer recent requests as the live one does."""

    message = "{sentence}"
    hint = "the whole report: {report}; limits are in [deployment], replay = 0 turns the replay off"
    exit_code = 3


def recent_folder(home: Path, function: str) -> Path:
    """Return where a function's recent requests are kept, nobody else's to read."""
    folder = home / "recent" / function
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def recorded(folder: Path, count: int) -> list[Recorded]:
    """Return the newest `count` requests, oldest first; what cannot be read is left out."""
    found = []
    for path in sorted(folder.glob("*.json"))[-count:] if count else ():
        try:
            found.append(_decoded(json.loads(path.read_bytes())))
        except (OSError, ValueError, KeyError, TypeError):  # just removed, or torn by a power cut
            continue
    return found


def _decoded(document: dict[str, object]) -> Recorded:
    return Recorded(
        body=base64.b64decode(str(document["body"])),
        version=str(document["version"]),
        content_type=str(document["content-type"]),
        accept=str(document["accept"]),
        target=str(document["target"]),
        answer=Answer(
            status=int(str(document["status"])),
            content_type=str(document["answer-type"]),
            body=base64.b64decode(str(document["answer"])),
        ),
    )


def asking(port: int) -> Ask:
    """Return what sends a request straight to the process on a loopback port, which does not record it again."""

    def ask(request: Recorded) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
        given = {"content-type": request.content_type, "accept": request.accept, INFERENCE_ID: "replay"}
        try:
            headers = {name: value for name, value in given.items() if value}
            connection.request("POST", request.target, request.body, headers)
            answer = connection.getresponse()
            kind = answer.headers.get("content-type", "")
            return Answer(status=answer.status, content_type=kind, body=answer.read())
        except (OSError, http.client.HTTPException):
            return Answer(status=0)
        finally:
            connection.close()

    return ask


def kept(report: Report, path: Path) -> Report:
    """Write the report down and return it. Raises ReplayFailed when it says that nobody should meet this version."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text(json.dumps(report.document, indent=2) + "\n")
    if report.outcome is Outcome.FAIL:
        raise ReplayFailed(sentence=report.sentence, report=path)
    return report
