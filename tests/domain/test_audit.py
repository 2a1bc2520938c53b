"""The audit log: whatever is done to it afterwards is told, and where."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shipway.domain.audit import GENESIS, AuditBroken, Chain, Entry, follow, seal, verify

START = datetime(2026, 3, 1, tzinfo=UTC)


def log(count: int = 5) -> list[Entry]:
    """Return a log as it is written."""
    found: list[Entry] = []
    for number in range(count):
        entry = Entry(
            number=0,
            at=START + timedelta(seconds=number),
            by="ada",
            action="rollback",
            subject=f"release {number}",
            reason="why not",
        )
        found.append(follow(found[-1] if found else None, entry))
    return found


LOG = log()


def test_what_was_written_is_verified() -> None:
    assert verify(LOG) == Chain(entries=5, head=LOG[-1].hash)
    assert verify([]) == Chain(entries=0, head=GENESIS)
    assert len({entry.hash for entry in LOG}) == 5


@pytest.mark.parametrize(
    "change",
    [
        {"number": 9},
        {"at": START + timedelta(days=1)},
        {"by": "eve"},
        {"action": "abort"},
        {"subject": "release 9"},
        {"reason": ""},
        {"previous": GENESIS},
        {"hash": "0" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
def test_no_field_can_change(change: dict[str, object]) -> None:
    changed = [*LOG[:2], replace(LOG[2], **change), *LOG[3:]]  # type: ignore[arg-type]
    with pytest.raises(AuditBroken) as told:
        verify(changed)
    assert told.value.facts["number"] == 3


def test_a_changed_entry_that_is_sealed_anew_breaks_the_next_one() -> None:
    changed = [*LOG[:2], seal(replace(LOG[2], by="eve")), *LOG[3:]]
    with pytest.raises(AuditBroken, match="entry 4: it does not follow"):
        verify(changed)


@pytest.mark.parametrize("gone", range(4))
def test_an_entry_that_was_taken_out_is_missed(gone: int) -> None:
    with pytest.raises(AuditBroken, match=f"entry {gone + 1}"):
        verify([*LOG[:gone], *LOG[gone + 1 :]])


@pytest.mark.parametrize("place", range(6))
def test_an_entry_that_was_put_in_is_told(place: int) -> None:
    alien = seal(replace(LOG[0], number=place + 1, by="eve"))
    with pytest.raises(AuditBroken):
        verify([*LOG[:place], alien, *LOG[place:]])


@pytest.mark.parametrize(("one", "two"), [(0, 1), (1, 3), (0, 4), (3, 4)])
def test_two_entries_in_each_others_place_are_told(one: int, two: int) -> None:
    mixed = list(LOG)
    mixed[one], mixed[two] = mixed[two], mixed[one]
    with pytest.raises(AuditBroken, match=f"entry {one + 1}"):
        verify(mixed)


def test_an_end_that_was_cut_off_is_told_by_who_kept_a_head() -> None:
    assert verify(LOG[:3]).entries == 3  # by itself a shorter log is a log
    with pytest.raises(AuditBroken, match="cut off or rewritten"):
        verify(LOG[:3], expect=LOG[-1].hash)
    assert verify(LOG, expect=LOG[2].hash).head == LOG[-1].hash
