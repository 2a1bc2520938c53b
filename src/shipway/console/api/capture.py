"""Captured requests and answers over HTTP. What was asked and answered is for those who may ask production."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from shipway.console.api.download import Made, download
from shipway.console.api.route import Call, Parameter, Route, Stream
from shipway.domain.capture import Record, parse_key
from shipway.domain.people import Role
from shipway.domain.store.errors import ObjectNotFound
from shipway.domain.store.name import parse_uri
from shipway.ports.capture import CaptureCount, CaptureFile
from shipway.ports.wire import head_of

MOST_FILES = 1000
LINES = "application/jsonlines"
TABLE = "application/vnd.apache.parquet"


def count_captures(call: Call) -> Sequence[CaptureCount]:
    """Return what there is of each endpoint, by name."""
    return call.target.captures.counts()


def list_captures(call: Call) -> Sequence[CaptureFile]:
    """Return finished files by their names, from one name on."""
    after, found = call.values["after"], call.target.captures.files(call.values["endpoint"])
    return sorted((each for each in found if each.uri > after), key=lambda each: each.uri)[: call.values["limit"]]


def get_lines(call: Call) -> Stream:
    """Return a finished file as plain JSON lines, whatever it is packed in."""
    uri = call.values["uri"]
    bucket, name = parse_uri(uri)
    key = parse_key(name)
    if key is None or uri not in {each.uri for each in call.target.captures.files(key.endpoint)}:
        raise ObjectNotFound(bucket=bucket, key=name)  # also what is there, and is no file of records
    return download(LINES, lambda folder: (call.target.captures.fetch(uri, folder), {}))


def find_records(call: Call) -> Sequence[Record]:
    """Return the records of one request by its inference id, with its release or without; bodies are base64."""
    return call.target.captures.find(call.values["inference"])


def get_table(call: Call) -> Stream:
    """Return the captured rows of a span of time as a Parquet file; its head x-exported counts and names them."""
    values = call.values

    def make(folder: Path) -> Made:
        file = folder / "table"
        made = call.target.captures.export(str(file), values["start"], values["end"], values["endpoint"])
        return file, head_of(made)

    return download(TABLE, make)


ENDPOINT = {"endpoint": Parameter(kind=str, summary="Only of this one.", default="")}
ROUTES = (
    Route(
        method="GET",
        path="/captures",
        summary="How much is captured of each endpoint",
        role=Role.VIEWER,
        perform=count_captures,
        answer=Sequence[CaptureCount],
    ),
    Route(
        method="GET",
        path="/captures/files",
        summary="List finished files",
        role=Role.VIEWER,
        perform=list_captures,
        answer=Sequence[CaptureFile],
        query={
            **ENDPOINT,
            "after": Parameter(kind=str, summary="Only files with a greater name.", default=""),
            "limit": Parameter(kind=int, summary="How many at most.", default=MOST_FILES, most=MOST_FILES),
        },
    ),
    Route(
        method="GET",
        path="/captures/lines",
        summary="The records of a finished file",
        role=Role.APPROVER,
        perform=get_lines,
        gives=LINES,
        query={"uri": Parameter(kind=str, summary="The file's s3 name.", required=True)},
    ),
    Route(
        method="GET",
        path="/captures/records/{inference}",
        summary="What one request asked, and what it was answered",
        role=Role.APPROVER,
        perform=find_records,
        answer=Sequence[Record],
    ),
    Route(
        method="GET",
        path="/captures/table",
        summary="The captured rows of a span of time",
        role=Role.APPROVER,
        perform=get_table,
        gives=TABLE,
        query={
            "start": Parameter(kind=datetime, summary="Requests from then on.", required=True),
            "end": Parameter(kind=datetime, summary="Requests before then.", required=True),
            **ENDPOINT,
        },
    ),
)
