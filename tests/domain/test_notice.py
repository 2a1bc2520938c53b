"""How notices become messages, and when messages are tried again."""

from datetime import UTC, datetime, timedelta

from shipway.domain.notice import GIVEN_UP, LONGEST_PAUSE, SETTLE, Kind, Message, Notice, due, message, next_try

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def notice(number: int, kind: Kind = Kind.ALARM_RAISED, body: str = "") -> Notice:
    return Notice(number=number, at=NOW + number * SECOND, kind=kind, subject=f"tiny: event {number}", body=body)


def test_one_notice_is_its_own_message() -> None:
    assert message("tiny", [notice(1, body="why")]) == Message("tiny: event 1", "why")


def test_several_notices_are_one_message_that_counts_them() -> None:
    found = message("tiny", [notice(1, body="a\nb"), notice(2), notice(3, Kind.DRIFT)])
    assert found.subject == "tiny: 3 notices (2 alarm raised, 1 drift)"
    assert found.body == (
        "2026-03-01 12:00:01Z  tiny: event 1\n    a\n    b\n\n2026-03-01 12:00:02Z  tiny: event 2\n\n"
        "2026-03-01 12:00:03Z  tiny: event 3"
    )


def test_the_first_notice_is_told_soon_and_what_follows_it_together() -> None:
    minute = timedelta(minutes=1)
    assert due(NOW, None, minute) == NOW + SETTLE
    assert due(NOW, NOW - timedelta(hours=1), minute) == NOW + SETTLE
    assert due(NOW, NOW - SECOND, minute) == NOW + 59 * SECOND
    assert due(NOW, NOW - SECOND, timedelta(0)) == NOW + SETTLE


def test_pauses_grow_to_an_hour_and_end_after_a_week() -> None:
    pauses = []
    for attempts in range(1, 200):
        at = next_try(NOW, attempts, NOW)
        assert at is not None
        pauses.append(at - NOW)
    assert [pause / SECOND for pause in pauses[:4]] == [10, 20, 40, 80]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE
    assert next_try(NOW, 3, NOW + GIVEN_UP) is None
