"""Puts a header row on each file of a batch transform's output, which has none: a baseline job needs one."""

import json
from typing import Any

from shipway.domain import names
from shipway.domain.gate_question import QuestionMalformed, member, text
from shipway.domain.store.name import parse_uri
from shipway.domain.transform_header import headed_name, header_line
from shipway.domain.values import Json, JsonObject
from shipway.targets.aws.functions.catalogue import ARTIFACT_BUCKET
from shipway.targets.aws.functions.clients import client, setting
from shipway.targets.aws.objects import keys, read


class Headed:
    """A file object: a header, then what a body gives. Read once, from front to back, a piece at a time."""

    def __init__(self, header: bytes, body: Any) -> None:
        self._left = header
        self._body = body

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes, all that is left where it is negative; b"" at the end."""
        if size < 0:
            header, self._left = self._left, b""
            return header + bytes(self._body.read())
        header, self._left = self._left[:size], self._left[size:]
        return header or bytes(self._body.read(size))


def handler(event: JsonObject, _context: object) -> Json:
    """Answer S3Uri (of the output), Header (names of columns) and OutputS3Uri with the Objects written there.

    EventBridge tells of a batch's transform job instead: its record says the rest.
    """
    asked = _recorded(event) if "detail" in event else event
    return _headed(asked) if asked is not None else {"Objects": []}


def _recorded(event: JsonObject) -> JsonObject | None:
    """Return what to do for a batch whose transform job has ended, None where no header row is wanted."""
    name = text(member(event, "detail"), "TransformJobName")
    content = read(client("s3"), setting(ARTIFACT_BUCKET), names.batch_record(name))
    record = json.loads(content or b"{}")
    if not record.get("Header"):
        return None
    return {"S3Uri": record["Raw"], "Header": record["Header"], "OutputS3Uri": record["Output"]}


def _headed(event: JsonObject) -> Json:
    columns = event.get("Header")
    if not isinstance(columns, list) or not columns:
        raise QuestionMalformed(path="Header", found=type(columns).__name__, wanted="a list of column names")
    line = header_line([str(column) for column in columns])
    s3 = client("s3")
    bucket, prefix = parse_uri(text(event, "S3Uri"))
    to_bucket, to_prefix = parse_uri(text(event, "OutputS3Uri"))
    written: list[Json] = []
    for key in keys(s3, bucket, prefix):
        target = f"{to_prefix.rstrip('/')}/{headed_name(key, prefix)}".lstrip("/")
        body = s3.get_object(Bucket=bucket, Key=key)["Body"]
        s3.upload_fileobj(Headed(line, body), to_bucket, target)
        written.append(f"s3://{to_bucket}/{target}")
    return {"Objects": written}
