"""The ledger of releases over a real S3 API: written once, numbered once, refused when somebody changed it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from s3_server import Mounts, s3_client, serving_app
from shipway.domain.release import Bundle, NothingLiveThen, ReleaseChanged, ReleaseNotFound
from shipway.targets.aws.release import Ledger
from shipway.targets.local.store import Store

BUCKET = "tiny-artifacts"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BUNDLE = Bundle(
    project="tiny",
    commit="c0ffee",
    data={"S3Uri": "s3://tiny-data/data/", "Digest": "sha256:d"},
    image="tiny/model@sha256:a",
    function_image="tiny/function@sha256:b",
    model="s3://tiny-artifacts/runs/1/model.tar.gz",
    model_digest="sha256:c",
    documents={"project": "sha256:e"},
    metrics={"score": 0.9},
    gate="score 0.9 meets the threshold 0.5",
    environment={"run": "tiny-1"},
)


@pytest.fixture
def s3(tmp_path: Path) -> Iterator[Any]:
    store, mounts = Store(tmp_path / "store"), Mounts()
    store.create_bucket(BUCKET)
    with serving_app(mounts) as address, mounts.store(store) as prefix:
        client = s3_client(address + prefix)
        yield client
        client.close()
    store.close()


@pytest.fixture
def ledger(s3: Any) -> Ledger:
    return Ledger(s3, BUCKET, "tiny")


def model(number: int) -> Bundle:
    return replace(BUNDLE, model_digest=f"sha256:{number}")


def test_an_execution_makes_one_release_of_one_bundle(ledger: Ledger) -> None:
    first = ledger.create(BUNDLE, execution="e1", at=NOON)
    assert ledger.create(BUNDLE, execution="e1", at=NOON + timedelta(hours=1)) == first
    assert ledger.create(BUNDLE, execution="e2", at=NOON).number == 2
    assert [each.number for each in ledger.list()] == [2, 1]
    assert ledger.get(1).bundle == BUNDLE


def test_releases_that_are_made_at_once_get_numbers_of_their_own(ledger: Ledger) -> None:
    with ThreadPoolExecutor(max_workers=6) as pool:
        made = pool.map(lambda each: ledger.create(model(each), execution=f"e{each}", at=NOON), range(6))
    assert sorted(each.number for each in made) == [1, 2, 3, 4, 5, 6]
    assert {each.digest for each in ledger.list()} == {model(each).digest for each in range(6)}


def test_which_release_was_live_when(ledger: Ledger) -> None:
    for number in (1, 2):
        ledger.create(model(number), execution=f"e{number}", at=NOON)
    with pytest.raises(NothingLiveThen):
        ledger.at(NOON)
    for hour, number, execution in ((1, 1, "e1"), (2, 2, "e2"), (3, 1, "back"), (4, 1, "back")):
        ledger.went_live(number, execution=execution, at=NOON + timedelta(hours=hour), verdict="no alarm fired")
    assert [(each.release, each.until is None) for each in ledger.periods()] == [(1, False), (2, False), (1, True)]
    assert ledger.at(NOON + timedelta(hours=2.5)).number == 2
    live = ledger.live()
    assert live is not None
    assert (live.number, live.status, live.live_since) == (1, "live", NOON + timedelta(hours=3))
    assert ledger.get(2).status == "retired"


def test_a_record_that_somebody_changed_is_refused(ledger: Ledger, s3: Any) -> None:
    ledger.create(BUNDLE, execution="e1", at=NOON)
    key = "releases/tiny/00000001.json"
    content = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    s3.put_object(Bucket=BUCKET, Key=key, Body=content.replace(b'"score":0.9', b'"score":0.99'))
    with pytest.raises(ReleaseChanged, match="its bundle is sha256:"):
        ledger.get(1)
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"{")
    with pytest.raises(ReleaseChanged, match="cannot be read"):
        ledger.list()
    with pytest.raises(ReleaseNotFound):
        ledger.get(2)
