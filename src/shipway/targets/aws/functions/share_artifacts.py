"""Copies what a model archive brings for the API's function to the shared volume."""

import time
from collections.abc import Callable
from pathlib import Path

from botocore.exceptions import BotoCoreError

from shipway.domain.gate_question import text
from shipway.domain.store.name import parse_uri
from shipway.domain.values import Json, JsonObject
from shipway.runtime.shared_data import unpack
from shipway.targets.aws.functions.catalogue import VOLUME
from shipway.targets.aws.functions.clients import client

TRIES = 3
PAUSE = 2.0  # seconds before the second try, twice as long before the third


def handler(event: JsonObject, _context: object) -> Json:
    """Answer Run and ModelDataUrl with the Folder on the volume and its Files. Safe to repeat."""
    run = text(event, "Run")
    files = share(text(event, "ModelDataUrl"), Path(VOLUME) / run, time.sleep)
    return {"Folder": run, "Files": [*files]}


def share(model: str, folder: Path, pause: Callable[[float], None]) -> list[str]:
    """Return the names of the files that a model's archive put into a folder.

    A connection that breaks while the archive is read, or a volume that does not answer, is tried again.
    Raises SharedDataInvalid, which no second try mends.
    """
    bucket, key = parse_uri(model)
    for left in range(TRIES - 1, -1, -1):
        try:
            body = client("s3").get_object(Bucket=bucket, Key=key)["Body"]
            return unpack(body, folder, model)
        except (OSError, BotoCoreError):
            if not left:
                raise
            pause(PAUSE * (TRIES - left))
    raise AssertionError
