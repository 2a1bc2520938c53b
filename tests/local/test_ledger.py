"""The ledger and the audit log in their tables: nothing that was written can change unseen."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bundles import bundle
from shipway.domain.audit import AuditBroken, verify
from shipway.domain.release import NothingLiveThen, ReleaseChanged, ReleaseStatus
from shipway.targets.local.audit import entries
from shipway.targets.local.home import Home
from shipway.targets.local.release import Ledger


def test_one_attempt_is_one_release(home: Path) -> None:
    ledger = Ledger(Home(home))
    first = ledger.create(bundle(), execution="tiny-1", attempt="one")
    assert ledger.create(bundle(), execution="tiny-1", attempt="one") == first
    assert ledger.create(bundle(), execution="tiny-1", attempt="two").number == 2
    assert [entry.subject for entry in entries(Home(home).connection)] == ["release 1", "release 2"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE releases SET bundle=replace(bundle, '0.71', '0.99')",
        "UPDATE releases SET digest='sha256:0'",
        "UPDATE releases SET bundle='{'",
        "UPDATE releases SET bundle='{}'",
    ],
)
def test_a_row_that_was_changed_is_refused(home: Path, change: str) -> None:
    here = Home(home)
    ledger = Ledger(here)
    ledger.create(bundle(), execution="tiny-1", attempt="one")
    with here.transaction() as connection:
        connection.execute(change)
    with pytest.raises(ReleaseChanged, match="release 1 was changed"):
        ledger.get(1)
    with pytest.raises(ReleaseChanged):
        ledger.list()


def test_every_time_of_a_release_in_production_is_kept(home: Path) -> None:
    ledger = Ledger(Home(home))
    for number in (1, 2):
        ledger.create(bundle(commit=str(number)), execution=f"tiny-{number}", attempt=str(number))
    for deployment, number in (("a", 1), ("b", 2), ("b", 2), ("c", 1), ("a", 1), ("b", 2)):
        ledger.went_live(number, f"by {deployment}", deployment)  # one that repeats itself changes nothing
    periods = ledger.periods()
    assert [(period.release, period.verdict) for period in periods] == [(1, "by a"), (2, "by b"), (1, "by c")]
    assert [period.until for period in periods] == [periods[1].since, periods[2].since, None]
    assert [ledger.at(period.since).number for period in periods] == [1, 2, 1]
    assert ledger.at(datetime.now(UTC)).number == 1
    with pytest.raises(NothingLiveThen):
        ledger.at(periods[0].since - timedelta(seconds=1))
    live, retired = ledger.get(1), ledger.get(2)
    assert (live.status, live.verdict, live.live_since) == ("live", "by a", periods[2].since)
    assert retired.status == "retired"
    assert len(live.periods) == 2


def test_an_imported_release_keeps_its_number_where_it_is_free(home: Path) -> None:
    ledger = Ledger(Home(home))
    made = ledger.create(bundle(), execution="tiny-1", attempt="one")
    other = replace(made, number=7, bundle=bundle(commit="beef"), digest=bundle(commit="beef").digest)
    other = replace(other, status=ReleaseStatus.IMPORTED)
    assert ledger.adopt(other, by="ann", places={"model": "s3://x/y"}).number == 7
    assert ledger.adopt(other, by="ann", places={"model": "s3://x/y"}).number == 7
    third = replace(other, bundle=bundle(commit="cafe"), digest=bundle(commit="cafe").digest)
    assert ledger.adopt(third, by="ann", places={}).number == 8
    assert (ledger.get(7).model, ledger.get(8).model) == ("s3://x/y", bundle().model)
    assert ledger.create(bundle(), execution="tiny-2", attempt="two").number == 9


def test_many_writers_make_one_chain(home: Path) -> None:
    Home(home).record("ann", "start", "tiny-1")

    def write(number: int) -> None:
        here = Home(home)
        for step in range(10):
            here.record("ann", "start", f"tiny-{number}-{step}")
        here.connection.close()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert verify(entries(Home(home).connection)).entries == 41


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("number", "99"), ("at", "'2026-01-01T00:00:00+00:00'"), ("at", "'never'"), ("by", "'eve'"), ("by", "''"),
        ("action", "'abort'"), ("subject", "x'00'"), ("reason", "'because'"), ("previous", "'0'"), ("hash", "'0'"),
    ],
)  # fmt: skip
def test_no_column_of_the_log_can_change(home: Path, column: str, value: str) -> None:
    here = Home(home)
    for number in range(3):
        here.record("ann", "start", f"tiny-{number}")
    with here.transaction() as connection:
        connection.execute(f"UPDATE audit SET {column}={value} WHERE number=2")  # noqa: S608
    with pytest.raises(AuditBroken, match="entry 2"):
        verify(entries(here.connection))
