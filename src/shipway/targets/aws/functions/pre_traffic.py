"""Asks the new version with rows of the baseline data, and with recent requests, before any caller meets it.

Recent requests are what the live release's endpoint has captured. They are sent to the new release's endpoint, whose
answers are compared with those that were captured, as on one machine. A release that is brought back is not held up.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError

from shipway.domain import names
from shipway.domain.capture import Record, decode_lines, prefixes
from shipway.domain.replay import Answer, Limits, Outcome, Recorded
from shipway.domain.values import Json, JsonObject
from shipway.runtime.replay import replay
from shipway.targets.aws.functions.catalogue import (
    ARTIFACT_BUCKET,
    CAPTURE_BUCKET,
    ENDPOINT,
    MAX_DIFFERENCE,
    PROJECT,
    RELEASE,
    REPLAY,
)
from shipway.targets.aws.functions.clients import client, setting
from shipway.targets.aws.functions.traffic import answer, baseline, call, failed
from shipway.targets.aws.objects import code, keys, read
from shipway.targets.aws.release import Ledger

RECENT = timedelta(days=1)  # so far back captures are looked for
RESERVE = 60_000  # milliseconds of the function's time that are kept for a last answer, and to tell CodeDeploy
IDENTITY = "replay"  # inference id of what is asked again: nobody's


class Context(Protocol):
    """What Lambda tells of the call."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the time left."""


def handler(event: JsonObject, context: Context) -> Json:
    """Answer CodeDeploy's BeforeAllowTraffic."""
    return answer(event, lambda: f"{call()}; {_replayed(context)}")


def _replayed(context: Context) -> str:
    """Return what a replay says. Raises HookCheckFailed."""
    count, periods = int(setting(REPLAY)), _ledger().periods()
    live = periods[-1].release if periods else 0
    if not count or not live:
        return "no release is live, so nothing is replayed" if count else "nothing is to be replayed"
    if live >= int(setting(RELEASE)):
        return f"release {live} is not older: one that is brought back is not held up by a replay"
    client("sagemaker-runtime")  # made here: several threads at once must not make clients
    report = replay(
        [_recorded(each) for each in islice(_captured(live), count)],
        _ask,
        columns=baseline().partition("\n")[0].strip().split(","),
        limits=Limits(max_answer_difference=float(setting(MAX_DIFFERENCE))),
        more=lambda: context.get_remaining_time_in_millis() > RESERVE,
    )
    print(json.dumps({"replay": report.document}))
    if report.outcome is Outcome.FAIL:
        raise failed(report.sentence)
    return report.sentence


def _ledger() -> Ledger:
    return Ledger(client("s3"), setting(ARTIFACT_BUCKET), setting(PROJECT))


def _captured(live: int) -> Iterator[Record]:
    """Yield what the live release's endpoint was asked, newest first, an hour's files after the other."""
    s3, bucket, now = client("s3"), setting(CAPTURE_BUCKET), datetime.now(UTC)
    hours = list(prefixes(names.prod_endpoint(setting(PROJECT), live), now - RECENT, now))
    for prefix in reversed(hours):
        for key in sorted(keys(s3, bucket, prefix), reverse=True):
            lines = (read(s3, bucket, key) or b"").splitlines(keepends=True)
            yield from reversed([each for each in decode_lines(lines) if isinstance(each, Record)])


def _recorded(record: Record) -> Recorded:
    kind, asked = record.output.content_type, record.input
    captured = Answer(status=200, content_type=kind, body=record.output.body)
    return Recorded(body=asked.body, content_type=asked.content_type, accept=kind, answer=captured)


def _ask(request: Recorded) -> Answer:
    """Return the new endpoint's answer; the status of an error is the model's own where there is one."""
    given = {"ContentType": request.content_type, "Accept": request.accept}
    try:
        answered = client("sagemaker-runtime").invoke_endpoint(
            EndpointName=setting(ENDPOINT),
            Body=request.body,
            InferenceId=IDENTITY,
            **{name: value for name, value in given.items() if value},
        )
    except ClientError as error:
        status = error.response.get("OriginalStatusCode") or error.response["ResponseMetadata"]["HTTPStatusCode"]
        print(json.dumps({"replay": f"a request was refused: {code(error)}, {status}"}))
        return Answer(status=int(status))
    except BotoCoreError as error:
        print(json.dumps({"replay": f"a request had no answer: {error}"}))
        return Answer(status=0)
    return Answer(status=200, content_type=answered.get("ContentType", ""), body=answered["Body"].read())
